import { rust } from "./host";
import { TransformStream, type ReadableStream, type WritableStream } from "./streams";
import { bytesOf, describeInterface, dictionary, domString } from "./webidl";

const NAMES = ["utf-8", "utf-16le", "utf-16be", "windows-1252"] as const;

/** The labels of the Encoding standard, for the encodings that are here. */
const LABELS: Record<string, number> = Object.create(null);
const labels = [
  "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8",
  "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le",
  "unicodefffe utf-16be",
  "ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252",
];
labels.forEach((list, encoding) => {
  for (const label of list.split(" ")) LABELS[label] = encoding;
});

const EMPTY = new Uint8Array(0);

/** UTF-8. */
export class TextEncoder {
  #brand = true;

  get encoding(): string {
    void this.#brand;
    return "utf-8";
  }

  encode(input = ""): Uint8Array<ArrayBuffer> {
    void this.#brand;
    return rust.encode(domString(input));
  }

  encodeInto(source: string, destination: Uint8Array): { read: number; written: number } {
    void this.#brand;
    if (!(destination instanceof Uint8Array)) throw new TypeError("encodeInto writes to a Uint8Array");
    const [read, written] = rust.encodeInto(domString(source), destination);
    return { read, written };
  }
}

interface DecoderOptions {
  fatal?: boolean;
  ignoreBOM?: boolean;
}

export class TextDecoder {
  #encoding: number;
  #fatal: boolean;
  #ignoreMark: boolean;
  /** The beginning of a character whose end has not come. */
  #held: Uint8Array = EMPTY;
  /** Whether the next character is the first. */
  #atStart = true;

  constructor(label = "utf-8", options?: DecoderOptions) {
    const text = domString(label);
    const encoding = LABELS[text] ?? LABELS[text.replace(/^[\t\n\f\r ]+|[\t\n\f\r ]+$/g, "").toLowerCase()];
    if (encoding === undefined) {
      throw new RangeError(`${JSON.stringify(text)} is no encoding that is known here: these are utf-8, utf-16le, utf-16be and windows-1252 (latin1)`);
    }
    const { fatal, ignoreBOM } = dictionary(options, "the decoder's options");
    this.#encoding = encoding;
    this.#fatal = Boolean(fatal);
    this.#ignoreMark = Boolean(ignoreBOM);
  }

  get encoding(): string {
    return NAMES[this.#encoding]!;
  }

  get fatal(): boolean {
    return this.#fatal;
  }

  get ignoreBOM(): boolean {
    return this.#ignoreMark;
  }

  decode(input?: ArrayBuffer | ArrayBufferView, options?: { stream?: boolean }): string {
    let bytes = input === undefined ? EMPTY : bytesOf(input);
    if (bytes === undefined) throw new TypeError("decode reads an ArrayBuffer or a view of one");
    const stream = options !== undefined && Boolean(dictionary(options, "the options of decode").stream);
    const continued = this.#held;
    if (continued.length > 0) {
      const whole = new Uint8Array(continued.length + bytes.length);
      whole.set(continued);
      whole.set(bytes, continued.length);
      bytes = whole;
      this.#held = EMPTY;
    }
    if (stream) {
      const end = completeLength(bytes, this.#encoding);
      if (end < bytes.length) {
        this.#held = bytes.slice(end);
        bytes = bytes.subarray(0, end);
      }
    }
    const text = rust.decode(bytes, this.#encoding, this.#fatal);
    if (text === undefined) {
      this.#held = EMPTY;
      this.#atStart = true;
      throw new TypeError(`the bytes are no ${this.encoding}`);
    }
    const first = this.#atStart;
    this.#atStart = stream ? first && text === "" : true;
    return first && !this.#ignoreMark && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  }
}

/** How many of the bytes stand before a character that is not yet whole. */
function completeLength(bytes: Uint8Array, encoding: number): number {
  const { length } = bytes;
  if (encoding === 3) return length;
  if (encoding === 0) return completeUtf8(bytes);
  const even = length & ~1;
  if (even < 2) return even;
  const high = bytes[encoding === 1 ? even - 1 : even - 2]!;
  // A surrogate's first half waits for its second.
  return high >= 0xd8 && high < 0xdc ? even - 2 : even;
}

function completeUtf8(bytes: Uint8Array): number {
  const { length } = bytes;
  for (let back = 1; back <= 3 && back <= length; back += 1) {
    const byte = bytes[length - back]!;
    if (byte < 0x80) return length;
    if (byte < 0xc0) continue;
    const needed = byte >= 0xf0 && byte < 0xf5 ? 4 : byte >= 0xe0 ? 3 : 2;
    if (byte < 0xc2 || byte >= 0xf5 || back >= needed) return length;
    // Where the second byte cannot follow the first, the error is certain already.
    const second = back > 1 ? bytes[length - back + 1]! : 0x80;
    const malformed =
      back > 1 &&
      ((byte === 0xe0 && second < 0xa0) || (byte === 0xed && second > 0x9f) || (byte === 0xf0 && second < 0x90) || (byte === 0xf4 && second > 0x8f));
    return malformed ? length : length - back;
  }
  return length;
}

export class TextEncoderStream {
  #transform: { readonly readable: ReadableStream; readonly writable: WritableStream };

  constructor() {
    let held = "";
    this.#transform = new TransformStream<string, Uint8Array>({
      transform(chunk, controller) {
        let text = held + domString(chunk);
        held = "";
        const last = text.charCodeAt(text.length - 1);
        if (last >= 0xd800 && last < 0xdc00) {
          held = text.slice(-1);
          text = text.slice(0, -1);
        }
        if (text !== "") controller.enqueue(rust.encode(text));
      },
      flush(controller) {
        if (held !== "") controller.enqueue(rust.encode(held));
      },
    });
  }

  get encoding(): string {
    void this.#transform;
    return "utf-8";
  }

  get readable(): ReadableStream {
    return this.#transform.readable;
  }

  get writable(): WritableStream {
    return this.#transform.writable;
  }
}

export class TextDecoderStream {
  #decoder: TextDecoder;
  #transform: { readonly readable: ReadableStream; readonly writable: WritableStream };

  constructor(label = "utf-8", options?: DecoderOptions) {
    const decoder = new TextDecoder(label, options);
    this.#decoder = decoder;
    this.#transform = new TransformStream<ArrayBuffer | ArrayBufferView, string>({
      transform(chunk, controller) {
        if (bytesOf(chunk) === undefined) throw new TypeError("a TextDecoderStream reads ArrayBuffers and views of them");
        const text = decoder.decode(chunk, { stream: true });
        if (text !== "") controller.enqueue(text);
      },
      flush(controller) {
        const text = decoder.decode();
        if (text !== "") controller.enqueue(text);
      },
    });
  }

  get encoding(): string {
    return this.#decoder.encoding;
  }

  get fatal(): boolean {
    return this.#decoder.fatal;
  }

  get ignoreBOM(): boolean {
    return this.#decoder.ignoreBOM;
  }

  get readable(): ReadableStream {
    return this.#transform.readable;
  }

  get writable(): WritableStream {
    return this.#transform.writable;
  }
}

describeInterface(TextEncoder, "TextEncoder");
describeInterface(TextDecoder, "TextDecoder");
describeInterface(TextEncoderStream, "TextEncoderStream");
describeInterface(TextDecoderStream, "TextDecoderStream");
