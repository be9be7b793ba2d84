/**
 * The streams of the Streams standard are web-streams-polyfill's, which is run against the web platform tests. They cost
 * nothing here until one is made, and the platform makes one only when a program asks for it.
 */
import {
  ByteLengthQueuingStrategy,
  CountQueuingStrategy,
  ReadableByteStreamController,
  ReadableStream,
  ReadableStreamBYOBReader,
  ReadableStreamBYOBRequest,
  ReadableStreamDefaultController,
  ReadableStreamDefaultReader,
  TransformStream,
  TransformStreamDefaultController,
  WritableStream,
  WritableStreamDefaultController,
  WritableStreamDefaultWriter,
} from "web-streams-polyfill";

export { ReadableStream, TransformStream, WritableStream };

export const streamClasses = {
  ByteLengthQueuingStrategy,
  CountQueuingStrategy,
  ReadableByteStreamController,
  ReadableStream,
  ReadableStreamBYOBReader,
  ReadableStreamBYOBRequest,
  ReadableStreamDefaultController,
  ReadableStreamDefaultReader,
  TransformStream,
  TransformStreamDefaultController,
  WritableStream,
  WritableStreamDefaultController,
  WritableStreamDefaultWriter,
};

// Bundling renames classes that share a name with another.
for (const [name, value] of Object.entries(streamClasses)) Object.defineProperty(value, "name", { value: name, configurable: true });

export function isReadableStream(value: unknown): value is ReadableStream<unknown> {
  return value instanceof ReadableStream;
}

export function isDisturbed(stream: ReadableStream<unknown>): boolean {
  return (stream as unknown as { _disturbed: boolean })._disturbed;
}

/** Bytes that come piece by piece from the host: a request's body, or a fetched response's. */
export interface ByteSource {
  /** The next bytes; null at the end, undefined for "not yet". Throws when it broke off. */
  read(): Uint8Array | null | undefined;
  /** Calls back once when it is worth reading again. */
  whenReady(callback: () => void): void;
  /** Nobody will read any more. */
  cancel(reason: unknown): void;
}

/** The next bytes of a source, null at the end. */
export function nextBytes(source: ByteSource): Promise<Uint8Array | null> {
  return new Promise((resolve, reject) => {
    const attempt = (): void => {
      try {
        const bytes = source.read();
        if (bytes === undefined) source.whenReady(attempt);
        else resolve(bytes);
      } catch (error) {
        reject(error);
      }
    };
    attempt();
  });
}

/** A byte stream over a source. */
export function streamFrom(source: ByteSource): ReadableStream<Uint8Array> {
  return new ReadableStream({
    type: "bytes",
    async pull(controller: ReadableByteStreamController) {
      const bytes = await nextBytes(source);
      if (bytes === null) {
        controller.close();
        controller.byobRequest?.respond(0);
      } else if (bytes.length > 0) {
        controller.enqueue(bytes as never);
      }
    },
    cancel(reason: unknown) {
      source.cancel(reason);
    },
  } as never) as never;
}

/** A byte stream of bytes that are there, in pieces that a reader can take in its stride. */
export function streamOfBytes(bytes: () => Uint8Array): ReadableStream<Uint8Array> {
  let whole: Uint8Array | undefined;
  let at = 0;
  return new ReadableStream({
    type: "bytes",
    pull(controller: ReadableByteStreamController) {
      whole ??= bytes();
      if (at < whole.length) {
        // A copy: the reader owns what it gets, and may transfer it.
        controller.enqueue(whole.slice(at, at + CHUNK) as never);
        at += CHUNK;
      }
      if (at >= whole.length) {
        controller.close();
        controller.byobRequest?.respond(0);
      }
    },
  } as never) as never;
}

const CHUNK = 64 * 1024;

/** Reads a stream of bytes to its end. */
export async function readAll(stream: ReadableStream<unknown>): Promise<Uint8Array<ArrayBuffer>> {
  const reader = stream.getReader();
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (!(value instanceof Uint8Array)) {
      const error = new TypeError("the stream of a body gives a chunk that is no Uint8Array");
      void reader.cancel(error).catch(() => {});
      throw error;
    }
    pieces.push(value);
    length += value.length;
  }
  return join(pieces, length);
}

/** A new array of all these. */
export function join(pieces: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
