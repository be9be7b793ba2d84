// The package as an app uses it: linked into `node_modules`, compiled with strict settings, bundled.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { actorRuntime } from "../../../runner/platform/actor";

const sdk = join(import.meta.dir, "..");
let app: string;

beforeAll(() => {
  app = mkdtempSync(join(tmpdir(), "rusm-ts-"));
  cpSync(join(import.meta.dir, "app"), app, { recursive: true });
  mkdirSync(join(app, "node_modules"));
  symlinkSync(sdk, join(app, "node_modules", "rusm-ts"));
});

afterAll(() => rmSync(app, { recursive: true }));

test("its types say what travels, and refuse what does not", () => {
  const { exitCode, stdout } = Bun.spawnSync(["tsc", "-p", app], { cwd: app });
  expect(stdout.toString()).toBe("");
  expect(exitCode).toBe(0);
});

test("the guide's examples compile", async () => {
  let unnamed = 0;
  for (const page of ["README.md", "../../docs/typescript.md"]) {
    const text = await Bun.file(join(sdk, page)).text();
    for (const [, example] of text.matchAll(/^```ts\n(.*?)^```$/gms)) {
      const name = /^\/\/ components\/(\w+)\//.exec(example!)?.[1] ?? `example${unnamed++}`;
      await Bun.write(
        join(app, "guide", page === "README.md" ? "readme" : "guide", name, "index.ts"),
        `${example}\nexport {};\n`,
      );
    }
  }
  expect(unnamed).toBeGreaterThan(2);
  const { stdout } = Bun.spawnSync(["tsc", "-p", app], { cwd: app });
  expect(stdout.toString()).toBe("");
});

test("its declarations are sound by themselves", () => {
  const { stdout } = Bun.spawnSync(["tsc", "-p", app, "--skipLibCheck", "false"], { cwd: app });
  expect(stdout.toString()).toBe("");
});

test("a bundle has nothing of it but names", async () => {
  const built = await Bun.build({
    entrypoints: [join(app, "socket", "index.ts"), join(app, "counter", "index.ts")],
    target: "browser",
    format: "esm",
    external: ["rusm:runtime"],
  });
  const [socket, counter] = await Promise.all(built.outputs.map((output) => output.text()));
  expect(imports(socket!)).toEqual({ "rusm:runtime": expect.arrayContaining(["Process", "websocket"]) });
  expect(imports(counter!)).toEqual({ "rusm:runtime": expect.arrayContaining(["ServiceError"]) });
  expect(counter!.length).toBeLessThan(2_000);
});

/** What a bundle imports, by module. */
function imports(bundle: string): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const [, names, module] of bundle.matchAll(/import\s*\{([^}]*)\}\s*from\s*"([^"]*)"/g)) {
    found[module!] = names!
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "")
      .sort();
  }
  return found;
}

test("a component can be imported where there is no node", async () => {
  const counter = (await import(join(app, "counter", "index.ts"))) as {
    add(n: number): number;
    take(n: number): Promise<number>;
  };
  expect(counter.add(2)).toBe(2);
  expect(counter.take(9)).rejects.toMatchObject({ code: "insufficient-funds" });
  const client = (await import(join(app, "client", "index.ts"))) as { default(): Promise<void> };
  expect(client.default()).rejects.toThrow("`counter.add` needs a node");
  expect(((await import(join(app, "room", "index.ts"))) as { default: unknown }).default).toMatchObject({
    kind: "service",
  });
});

test("it names all that the runner exports", async () => {
  const text = await Bun.file(join(sdk, "index.js")).text();
  const names = /export \{([^}]*)\}/
    .exec(text)![1]!
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const exported = Object.keys(actorRuntime({} as never, {} as never).exports);
  expect(names.sort()).toEqual(exported.sort());
  expect(Object.keys(await import("../outside.js")).sort()).toEqual(exported);
});
