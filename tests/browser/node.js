// A running `rusm serve`, of an app in a folder that goes away with it.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export class Node {
  #rusm;
  #folder = mkdtempSync(join(tmpdir(), "rusm-browser-"));
  #process;

  /** Of an app that is built. */
  constructor(rusm, app) {
    this.#rusm = rusm;
    for (const needed of ["rusm.toml", "wasm", "public"]) {
      cpSync(join(app, needed), join(this.#folder, needed), { recursive: true });
    }
  }

  /** Waits until it listens at this port, or at one that is free, and tells its address. */
  async start(port = 0) {
    const manifest = join(this.#folder, "rusm.toml");
    const text = readFileSync(manifest, "utf8").replace(/"127\.0\.0\.1:\d+"/, `"127.0.0.1:${port}"`);
    writeFileSync(manifest, text);
    const options = { cwd: this.#folder, stdio: ["ignore", "pipe", "inherit"] };
    this.#process = spawn(this.#rusm, ["serve"], options);
    for await (const line of createInterface({ input: this.#process.stdout })) {
      const [, address] = line.match(/^listening on (\S+)/) ?? [];
      if (address) {
        this.#process.stdout.resume();
        return address;
      }
    }
    throw new Error("the node ended before it listened");
  }

  /** Waits until it has ended. */
  async stop() {
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGTERM");
    await ended;
  }

  /** Whatever state it is in. */
  remove() {
    this.#process?.kill("SIGKILL");
    rmSync(this.#folder, { recursive: true });
  }
}
