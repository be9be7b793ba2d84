import { rust } from "./host";
import type { Codec } from "./natives";
import { type ReadableStream, TransformStream, type WritableStream } from "./streams";
import { bytesOf, describeInterface, domString, needArguments } from "./webidl";

interface Transform {
  readonly readable: ReadableStream;
  readonly writable: WritableStream;
}

function transform(codec: Codec): Transform {
  return new TransformStream<ArrayBuffer | ArrayBufferView, Uint8Array>({
    transform(chunk, controller) {
      const bytes = bytesOf(chunk);
      if (bytes === undefined) throw new TypeError("a chunk is an ArrayBuffer or a view of one");
      const out = codec(bytes);
      if (out.length > 0) controller.enqueue(out);
    },
    flush(controller) {
      const out = codec();
      if (out.length > 0) controller.enqueue(out);
    },
  });
}

/** gzip, deflate (zlib's format) or deflate-raw. */
export class CompressionStream {
  #transform: Transform;

  constructor(format: string) {
    needArguments(arguments.length, 1, "CompressionStream");
    this.#transform = transform(rust.deflater(domString(format)));
  }

  get readable(): ReadableStream {
    return this.#transform.readable;
  }

  get writable(): WritableStream {
    return this.#transform.writable;
  }
}

export class DecompressionStream {
  #transform: Transform;

  constructor(format: string) {
    needArguments(arguments.length, 1, "DecompressionStream");
    this.#transform = transform(rust.inflater(domString(format)));
  }

  get readable(): ReadableStream {
    return this.#transform.readable;
  }

  get writable(): WritableStream {
    return this.#transform.writable;
  }
}

describeInterface(CompressionStream, "CompressionStream");
describeInterface(DecompressionStream, "DecompressionStream");
