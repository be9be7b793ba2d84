import { type Blob, blobBytes, blobOf, isBlob } from "./blob";
import { type FormData, isFormData, readForm, withoutMark, writeMultipart } from "./formdata";
import { type FieldList, getField } from "./headers";
import { rust } from "./host";
import { extractMime, writeMime } from "./mime";
import { type ByteSource, type ReadableStream, isDisturbed, isReadableStream, join, nextBytes, readAll, streamFrom, streamOfBytes } from "./streams";
import { URLSearchParams } from "./url";
import { bytesOf } from "./webidl";

export type BodyInit = string | URLSearchParams | FormData | Blob | ArrayBuffer | ArrayBufferView | ReadableStream<Uint8Array>;

/**
 * What a body is made of. A stream is made of the source only when a program asks for it; most bodies are read or sent
 * whole. Without a source there is a stream.
 */
export interface Body {
  source: string | Uint8Array | Blob | ByteSource | undefined;
  stream: ReadableStream<Uint8Array> | undefined;
  /** Whether it was read by a method, without a stream. */
  used: boolean;
}

export function bodyOf(source: Body["source"], stream?: ReadableStream<Uint8Array>): Body {
  return { source, stream, used: false };
}

/** The body that a program gave, and the type that goes with it. */
export function extractBody(init: unknown): [body: Body, type: string | undefined] {
  if (typeof init === "string") return [bodyOf(init), "text/plain;charset=UTF-8"];
  if (isReadableStream(init)) {
    if (init.locked || isDisturbed(init)) throw new TypeError("the body is a stream that is locked or was read from");
    return [bodyOf(undefined, init as ReadableStream<Uint8Array>), undefined];
  }
  if (isBlob(init)) return [bodyOf(init), init.type === "" ? undefined : init.type];
  const bytes = bytesOf(init);
  if (bytes !== undefined) return [bodyOf(bytes.slice()), undefined];
  if (isFormData(init)) {
    const [form, type] = writeMultipart(init);
    return [bodyOf(form), type];
  }
  if (init instanceof URLSearchParams) return [bodyOf(init.toString()), "application/x-www-form-urlencoded;charset=UTF-8"];
  return [bodyOf(`${init as string}`), "text/plain;charset=UTF-8"];
}

/** How many bytes, where that is known without reading. */
export function lengthOf({ source }: Body): number | undefined {
  if (typeof source === "string") return undefined;
  if (source instanceof Uint8Array) return source.length;
  return isBlob(source) ? source.size : undefined;
}

export function isUsed(body: Body): boolean {
  return body.used || (body.stream !== undefined && isDisturbed(body.stream));
}

export function isUnusable(body: Body): boolean {
  return isUsed(body) || (body.stream?.locked ?? false);
}

export function streamOfBody(body: Body): ReadableStream<Uint8Array> {
  if (body.stream !== undefined) return body.stream;
  const { source } = body;
  if (body.used) {
    // It was read already: a stream at its end, locked as the reading left it.
    body.stream = streamOfBytes(() => new Uint8Array(0));
    void body.stream.getReader().read();
  } else if (typeof source === "string") body.stream = streamOfBytes(() => rust.encode(source));
  else if (source instanceof Uint8Array) body.stream = streamOfBytes(() => source);
  else if (isBlob(source)) body.stream = source.stream();
  else body.stream = streamFrom(source!);
  return body.stream;
}

/** Both can be read; the first is the body that there was. */
export function cloneBody(body: Body): Body {
  if (body.stream === undefined && (typeof body.source === "string" || body.source instanceof Uint8Array || isBlob(body.source))) {
    return bodyOf(body.source);
  }
  const [one, other] = streamOfBody(body).tee();
  body.stream = one as ReadableStream<Uint8Array>;
  body.source = undefined;
  return bodyOf(undefined, other as ReadableStream<Uint8Array>);
}

/** The whole body, at once where it is there. Whoever keeps the bytes copies them first, unless they are new. */
function take(body: Body): string | Uint8Array | Promise<Uint8Array> {
  if (isUnusable(body)) throw new TypeError("Body is unusable: it was read already, or its stream is locked");
  body.used = true;
  if (body.stream !== undefined) return readAll(body.stream);
  const { source } = body;
  if (typeof source === "string" || source instanceof Uint8Array) return source;
  if (isBlob(source)) return blobBytes(source);
  return drain(source!);
}

function drain(source: ByteSource): Uint8Array | Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  // What is there needs no promise.
  for (;;) {
    const piece = source.read();
    if (piece === undefined) break;
    if (piece === null) return pieces.length === 1 ? pieces[0]! : join(pieces, length);
    pieces.push(piece);
    length += piece.length;
  }
  return (async () => {
    for (;;) {
      const piece = await nextBytes(source);
      if (piece === null) return join(pieces, length);
      pieces.push(piece);
      length += piece.length;
    }
  })();
}

const EMPTY = new Uint8Array(0);

function asText(whole: string | Uint8Array): string {
  return withoutMark(typeof whole === "string" ? whole.toWellFormed() : rust.decode(whole, 0, false)!);
}

function asBytes(whole: string | Uint8Array): Uint8Array<ArrayBuffer> {
  return typeof whole === "string" ? rust.encode(whole) : whole.slice();
}

/**
 * The members that requests and responses share, over the body and the header fields that these functions find in one, or
 * throw for what is none.
 */
export function installBody(target: { prototype: object }, bodyIn: (value: unknown) => Body | null, fieldsIn: (value: unknown) => FieldList): void {
  const mime = (self: unknown) => extractMime(getField(fieldsIn(self), "content-type"));
  // Their results are promises, so what is wrong with `this` is a rejection too.
  const reading =
    <T>(use: (whole: string | Uint8Array, self: unknown) => T) =>
    (self: unknown): Promise<T> => {
      try {
        const body = bodyIn(self);
        const whole = body === null ? EMPTY : take(body);
        return whole instanceof Promise ? whole.then((bytes) => use(bytes, self)) : Promise.resolve(use(whole, self));
      } catch (error) {
        return Promise.reject(error);
      }
    };
  const text = reading(asText);
  const json = reading((whole) => JSON.parse(asText(whole)) as unknown);
  const bytes = reading(asBytes);
  const arrayBuffer = reading((whole) => asBytes(whole).buffer);
  const blob = reading((whole, self) => {
    const type = mime(self);
    return blobOf(asBytes(whole), type === undefined ? "" : writeMime(type));
  });
  const formData = reading((whole, self) => readForm(asBytes(whole), mime(self)));
  const members = {
    get body(): ReadableStream<Uint8Array> | null {
      const body = bodyIn(this);
      return body === null ? null : streamOfBody(body);
    },
    get bodyUsed(): boolean {
      const body = bodyIn(this);
      return body !== null && isUsed(body);
    },
    text(): Promise<string> {
      return text(this);
    },
    json(): Promise<unknown> {
      return json(this);
    },
    bytes(): Promise<Uint8Array> {
      return bytes(this);
    },
    arrayBuffer(): Promise<ArrayBuffer> {
      return arrayBuffer(this);
    },
    blob(): Promise<Blob> {
      return blob(this);
    },
    formData(): Promise<FormData> {
      return formData(this);
    },
  };
  Object.defineProperties(target.prototype, Object.getOwnPropertyDescriptors(members));
}

/** What `installBody` gives. */
export interface BodyMixin {
  readonly body: ReadableStream<Uint8Array> | null;
  readonly bodyUsed: boolean;
  text(): Promise<string>;
  json(): Promise<unknown>;
  bytes(): Promise<Uint8Array>;
  arrayBuffer(): Promise<ArrayBuffer>;
  blob(): Promise<Blob>;
  formData(): Promise<FormData>;
}
