import { native, rust } from "./host";
import { type ReadableStream, join, streamOfBytes } from "./streams";
import { bytesOf, clampInteger, describeInterface, dictionary, domString, needArguments, usvString } from "./webidl";

export type BlobPart = string | Blob | ArrayBuffer | ArrayBufferView;

interface BlobOptions {
  type?: string;
  endings?: "transparent" | "native";
}

export let isBlob: (value: unknown) => value is Blob;
/** The blob's own bytes: not to be changed. */
export let blobBytes: (blob: Blob) => Uint8Array;
/** A blob that takes over these bytes. */
export let blobOf: (bytes: Uint8Array, type: string) => Blob;

/** Bytes that do not change, with a type. */
export class Blob {
  #bytes: Uint8Array;
  #type: string;

  static {
    isBlob = (value): value is Blob => typeof value === "object" && value !== null && #bytes in value;
    blobBytes = (blob) => blob.#bytes;
    blobOf = (bytes, type) => {
      const blob = new Blob();
      blob.#bytes = bytes;
      blob.#type = type;
      return blob;
    };
  }

  constructor(parts?: Iterable<BlobPart>, options?: BlobOptions) {
    const { endings = "transparent", type = "" } = dictionary(options, "the options");
    if (domString(endings) !== "transparent" && endings !== "native") throw new TypeError(`"${endings}" is no value of endings`);
    this.#type = blobType(type);
    this.#bytes = parts === undefined ? new Uint8Array(0) : collect(parts, endings === "native");
  }

  get size(): number {
    return this.#bytes.length;
  }

  get type(): string {
    return this.#type;
  }

  slice(start?: number, end?: number, type?: string): Blob {
    const { length } = this.#bytes;
    const bound = (value: number | undefined, otherwise: number): number => {
      if (value === undefined) return otherwise;
      const at = clampInteger(value);
      return at < 0 ? Math.max(length + at, 0) : Math.min(at, length);
    };
    const from = bound(start, 0);
    return blobOf(this.#bytes.subarray(from, Math.max(bound(end, length), from)), type === undefined ? "" : blobType(type));
  }

  stream(): ReadableStream<Uint8Array> {
    const bytes = this.#bytes;
    return streamOfBytes(() => bytes);
  }

  async text(): Promise<string> {
    return rust.decode(this.#bytes, 0, false)!;
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return this.#bytes.slice().buffer as ArrayBuffer;
  }

  async bytes(): Promise<Uint8Array> {
    return this.#bytes.slice();
  }
}

interface FileOptions extends BlobOptions {
  lastModified?: number;
}

export let isFile: (value: unknown) => value is File;

export class File extends Blob {
  #name: string;
  #lastModified: number;

  static {
    isFile = (value): value is File => typeof value === "object" && value !== null && #name in value;
  }

  constructor(parts: Iterable<BlobPart>, name: string, options?: FileOptions) {
    needArguments(arguments.length, 2, "File");
    if (parts === undefined) throw new TypeError("a file needs its parts");
    super(parts, options);
    this.#name = usvString(name);
    const { lastModified } = dictionary(options, "the options");
    const moment = lastModified === undefined ? native.now() : Number(lastModified);
    this.#lastModified = Number.isFinite(moment) ? Math.trunc(moment) + 0 : 0;
  }

  get name(): string {
    return this.#name;
  }

  get lastModified(): number {
    return this.#lastModified;
  }

  get webkitRelativePath(): string {
    return "";
  }
}

function blobType(type: unknown): string {
  const text = domString(type);
  return /[^\x20-\x7e]/.test(text) ? "" : text.toLowerCase();
}

function collect(parts: Iterable<BlobPart>, nativeEndings: boolean): Uint8Array {
  if ((typeof parts !== "object" && typeof parts !== "function") || parts === null || typeof parts[Symbol.iterator] !== "function") {
    throw new TypeError("a blob's parts are an array or another iterable object");
  }
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (const part of parts) {
    let piece: Uint8Array | undefined;
    if (isBlob(part)) piece = blobBytes(part);
    else if (typeof part !== "string") piece = bytesOf(part);
    if (piece === undefined) {
      const text = domString(part);
      piece = rust.encode(nativeEndings ? text.replace(/\r\n?/g, "\n") : text);
    }
    pieces.push(piece);
    length += piece.length;
  }
  return join(pieces, length);
}

describeInterface(Blob, "Blob");
describeInterface(File, "File");
