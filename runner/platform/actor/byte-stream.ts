import type { IncomingStream, Pid, StreamWriter } from "../../../sdk/rusm-ts/index.js";
import type { Host } from "./host";

/** The most that one read or write passes on. */
const PIECE = 64 << 10;

/** A stream that another process opened to this one. */
export class Incoming implements IncomingStream {
  readonly kind = "stream";
  #over = false;
  /** Reads that wait, by the number of what they wait for. */
  readonly #waiting = new Map<number, () => void>();

  constructor(
    private readonly host: Host,
    readonly from: Pid,
    private readonly reader: number,
  ) {}

  async read(): Promise<Uint8Array | null> {
    while (!this.#over) {
      const bytes = this.#now();
      if (bytes !== undefined) {
        return bytes;
      }
      await this.#ready();
    }
    return null;
  }

  /** What is there now: undefined for not yet. */
  #now(): Uint8Array | null | undefined {
    let bytes: Uint8Array | null | undefined;
    try {
      bytes = this.host.native.tryReadStream(this.reader, PIECE);
    } catch (error) {
      this.cancel();
      throw coded(error, "aborted");
    }
    if (bytes === null) {
      this.cancel();
    }
    return bytes;
  }

  #ready(): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.host.native.whenReady(["stream", this.reader], () => {
        this.#waiting.delete(waiting);
        resolve();
      });
      this.#waiting.set(waiting, resolve);
    });
  }

  cancel(): void {
    if (this.#over) {
      return;
    }
    this.#over = true;
    // The host does not let go of a stream that something waits for.
    for (const [waiting, resolve] of this.#waiting) {
      this.host.native.forget(waiting);
      resolve();
    }
    this.#waiting.clear();
    this.host.native.dropStream(this.reader);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (let bytes = await this.read(); bytes !== null; bytes = await this.read()) {
        yield bytes;
      }
    } finally {
      this.cancel();
    }
  }

  readable(): InstanceType<typeof ReadableStream<Uint8Array>> {
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        const bytes = await this.read();
        if (bytes === null) {
          controller.close();
        } else {
          controller.enqueue(bytes);
        }
      },
      cancel: () => this.cancel(),
    });
  }
}

/** The end of a stream that this process writes to. */
export class Writer implements StreamWriter {
  #open = true;

  constructor(
    private readonly host: Host,
    readonly to: Pid,
    private readonly writer: number,
  ) {}

  // The host suspends the whole process while there is no room. That it may not always do so is why this is a promise.
  async write(bytes: string | Uint8Array): Promise<void> {
    let rest = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
    do {
      const written = this.#open ? this.host.native.writeStream(this.writer, rest.subarray(0, PIECE)) : -1;
      if (written < 0) {
        throw coded(new Error("nobody reads this stream any more"), "broken");
      }
      rest = rest.subarray(written);
    } while (rest.length > 0);
  }

  close(): void {
    if (this.#open) {
      this.#open = false;
      this.host.native.closeStream(this.writer);
    }
  }

  abort(): void {
    if (this.#open) {
      this.#open = false;
      this.host.native.dropStream(this.writer);
    }
  }

  writable(): InstanceType<typeof WritableStream<Uint8Array>> {
    return new WritableStream<Uint8Array>({
      write: (bytes) => this.write(bytes),
      close: () => this.close(),
      abort: () => this.abort(),
    });
  }
}

/** The error, with this code if it has none. */
function coded(error: unknown, code: string): unknown {
  if (error instanceof Error && !("code" in error)) {
    return Object.assign(error, { code });
  }
  return error;
}
