import { onAbort } from "./abort";
import { type Body, bodyOf, isUnusable, streamOfBody } from "./body";
import { blobBytes, isBlob } from "./blob";
import { type FieldList, fieldsOf, getField } from "./headers";
import { native, refuseWhileImaging, rust } from "./host";
import type { Codec } from "./natives";
import { parseMime, writeMime } from "./mime";
import { Request, type RequestInfo, type RequestInit, type RequestState, bodyOfRequest, requestState, settingsOf } from "./request";
import { type Response, internalResponse } from "./response";
import { type ByteSource, type ReadableStream, isReadableStream, join } from "./streams";
import { originOf } from "./url-parts";

const REDIRECTS = 20;
const PIECE = 64 * 1024;

/** A request to another server, over the host, which allows it or not. */
export function fetch(input: RequestInfo, init?: RequestInit): Promise<Response> {
  try {
    refuseWhileImaging("fetch");
    const request = new Request(input, init);
    const state = requestState(request);
    const signal = state.follows;
    if (signal?.aborted) {
      cancelBody(state, signal.reason);
      return Promise.reject(signal.reason);
    }
    return new Fetch(request.url, state).run();
  } catch (error) {
    return Promise.reject(error);
  }
}

/** One call of fetch, with all the exchanges that redirects make of it. */
class Fetch {
  private method: string;
  private fields: FieldList;
  private body: Body | null;
  private redirects = 0;
  /** The exchange that is under way. */
  private exchange: number | undefined;
  /** Whoever waits for the host, to be woken by an abort. */
  private waiting: { number: number; wake: () => void } | undefined;
  private uploading: { cancel(reason: unknown): Promise<void> } | undefined;
  private aborted = false;
  private takeBack = (): void => {};

  constructor(
    private url: string,
    private readonly request: RequestState,
  ) {
    this.method = request.method;
    this.fields = fieldsOf(request.headers!).slice();
    this.body = bodyOfRequest(request);
  }

  async run(): Promise<Response> {
    const signal = this.request.follows;
    if (signal !== undefined) this.takeBack = onAbort(signal, () => this.abort());
    try {
      for (;;) {
        const response = await this.once();
        if (response !== undefined) return response;
      }
    } catch (error) {
      this.finish();
      void this.uploading?.cancel(error).catch(() => {});
      if (this.aborted) throw signal!.reason;
      throw error instanceof FetchFailure ? failed(error.why) : error;
    }
  }

  /** One exchange; undefined when it was redirected. */
  private async once(): Promise<Response | undefined> {
    const scheme = this.url.slice(0, this.url.indexOf(":"));
    if (scheme === "data") {
      this.takeBack();
      return fromDataUrl(this.url);
    }
    if (scheme !== "http" && scheme !== "https") throw new FetchFailure(new TypeError(`fetch knows http, https and data, not ${scheme}`));
    this.start();
    const { status, headers } = await this.wait("response", () => native.tryResponse(this.exchange!));
    const list: FieldList = [];
    for (const [name, value] of headers) list.push(name, value);
    const location = status === 301 || status === 302 || status === 303 || status === 307 || status === 308 ? getField(list, "location") : null;
    if (location !== null && settingsOf(this.request).redirect !== "manual") {
      this.dropExchange();
      this.redirect(status, location);
      return undefined;
    }
    return this.respond(status, list);
  }

  private start(): void {
    const pairs: [string, string][] = [];
    for (let index = 0; index < this.fields.length; index += 2) pairs.push([this.fields[index]!, this.fields[index + 1]!]);
    const missing = (name: string) => getField(this.fields, name) === null;
    if (missing("accept")) pairs.push(["accept", "*/*"]);
    if (missing("user-agent")) pairs.push(["user-agent", `rusm/${rust.version}`]);
    // A part of something encoded could not be decoded.
    if (missing("accept-encoding")) pairs.push(["accept-encoding", missing("range") ? "gzip, deflate" : "identity"]);
    const hash = this.url.indexOf("#");
    const url = hash < 0 ? this.url : this.url.slice(0, hash);
    const { body } = this;
    if (body !== null && isUnusable(body)) throw new TypeError("the request's body was read already, or its stream is locked");
    const whole = body === null ? undefined : wholeOf(body);
    const streams = body !== null && whole === undefined;
    try {
      this.exchange = native.startFetch(this.method, url, pairs, whole, streams);
    } catch (error) {
      throw new FetchFailure(error);
    }
    if (streams) this.upload(streamOfBody(body));
  }

  private upload(stream: ReadableStream<Uint8Array>): void {
    const reader = stream.getReader();
    this.uploading = reader;
    const exchange = this.exchange!;
    void (async () => {
      try {
        for (;;) {
          const { done, value } = await reader.read();
          if (this.exchange !== exchange) return;
          if (done) break;
          if (!(value instanceof Uint8Array)) throw new TypeError("the stream of a request's body gives a chunk that is no Uint8Array");
          if (!(await this.send(exchange, value))) return;
        }
        native.endFetch(exchange);
        this.uploading = undefined;
      } catch (error) {
        void reader.cancel(error).catch(() => {});
        this.fail(error);
      }
    })();
  }

  /** False when the server takes no more, which is no failure: it may have answered already. */
  private async send(exchange: number, bytes: Uint8Array): Promise<boolean> {
    let rest = bytes;
    while (rest.length > 0) {
      let taken: number | undefined;
      try {
        taken = native.tryWriteFetch(exchange, rest);
      } catch (error) {
        void this.uploading?.cancel(error).catch(() => {});
        this.uploading = undefined;
        return false;
      }
      if (taken === undefined) await this.roomToSend(exchange);
      else rest = rest.subarray(taken);
      if (this.exchange !== exchange) return false;
    }
    return true;
  }

  private sending: { number: number; wake: () => void } | undefined;

  private async roomToSend(exchange: number): Promise<void> {
    await new Promise<void>((wake) => {
      this.sending = { number: native.whenReady(["fetch-write", exchange], wake), wake };
    });
    this.sending = undefined;
  }

  private failure: { error: unknown } | undefined;

  private fail(error: unknown): void {
    this.failure ??= { error };
    this.wakeUp();
  }

  private abort(): void {
    this.aborted = true;
    void this.uploading?.cancel(this.request.follows!.reason).catch(() => {});
    this.uploading = undefined;
    this.dropExchange();
    this.wakeUp();
  }

  private wakeUp(): void {
    const { waiting } = this;
    if (waiting === undefined) return;
    this.waiting = undefined;
    native.forget(waiting.number);
    waiting.wake();
  }

  /** Asks the host until it answers. */
  private async wait<T>(source: "response", ask: () => T | undefined): Promise<T> {
    for (;;) {
      if (this.aborted) throw this.request.follows!.reason;
      if (this.failure !== undefined) throw this.failure.error;
      let answer: T | undefined;
      try {
        answer = ask();
      } catch (error) {
        throw new FetchFailure(error);
      }
      if (answer !== undefined) return answer;
      await new Promise<void>((resolve) => {
        const number = native.whenReady([source, this.exchange!], () => {
          this.waiting = undefined;
          resolve();
        });
        this.waiting = { number, wake: resolve };
      });
    }
  }

  private redirect(status: number, location: string): void {
    if (settingsOf(this.request).redirect === "error") throw new FetchFailure(new TypeError(`the answer is a redirect (${status}) to ${location}`));
    if ((this.redirects += 1) > REDIRECTS) throw new FetchFailure(new TypeError(`more than ${REDIRECTS} redirects`));
    const target = rust.parseUrl(location, this.url);
    if (target === undefined) throw new FetchFailure(new TypeError(`the redirect's location is no URL: ${location}`));
    if (!target.startsWith("http:") && !target.startsWith("https:")) throw new FetchFailure(new TypeError(`a redirect leads to ${target}`));
    if ((target.split("/", 3)[2] ?? "").includes("@")) throw new FetchFailure(new TypeError("a redirect leads to a URL with a password"));
    const post = (status === 301 || status === 302) && this.method === "POST";
    const other = status === 303 && this.method !== "GET" && this.method !== "HEAD";
    if (post || other) {
      this.method = "GET";
      if (this.uploading !== undefined) void this.uploading.cancel(undefined).catch(() => {});
      this.uploading = undefined;
      this.body = null;
      this.remove(["content-encoding", "content-language", "content-location", "content-type", "content-length"]);
    } else if (this.body !== null && wholeOf(this.body) === undefined) {
      throw new FetchFailure(new TypeError("a redirect wants the body again, which was a stream"));
    }
    // What one server may know is none of another's business.
    if (originOf(target) !== originOf(this.url)) this.remove(["authorization", "proxy-authorization", "cookie", "host"]);
    const hash = this.url.indexOf("#");
    this.url = target.includes("#") || hash < 0 ? target : target + this.url.slice(hash);
  }

  private remove(names: readonly string[]): void {
    this.fields = without(this.fields, names);
  }

  private respond(status: number, list: FieldList): Response {
    // How the body travelled is no longer true of what a program reads, or sends on as its own reply.
    const encoding = getField(list, "content-encoding");
    const decoder = encoding === null ? undefined : decoderOf(encoding);
    const empty = this.method === "HEAD" || status === 101 || status === 103 || status === 204 || status === 205 || status === 304;
    let body: Body | null = null;
    if (empty) this.finish();
    else body = bodyOf(this.download(decoder));
    const fields = decoder === undefined || empty ? list : without(list, ["content-encoding", "content-length"]);
    return internalResponse(status, fields, body, { type: "basic", url: this.url, redirected: this.redirects > 0 });
  }

  /** The response's body as it arrives, decoded. */
  private download(decoder: Codec | undefined): ByteSource {
    const exchange = this.exchange!;
    let ended = false;
    const read = (): Uint8Array | null | undefined => {
      if (this.aborted) throw this.request.follows!.reason;
      if (this.failure !== undefined) throw this.failure.error;
      if (ended) return null;
      for (;;) {
        const bytes = native.tryReadFetch(exchange, PIECE);
        if (bytes === undefined) return undefined;
        if (bytes === null) {
          ended = true;
          const rest = decoder?.();
          this.finish();
          return rest !== undefined && rest.length > 0 ? rest : null;
        }
        const out = decoder === undefined ? bytes : decoder(bytes);
        if (out.length > 0) return out;
      }
    };
    return {
      read: () => {
        try {
          return read();
        } catch (error) {
          const known = this.aborted || this.failure !== undefined;
          this.failure ??= { error: known ? error : failed(error) };
          this.finish();
          throw this.aborted ? this.request.follows!.reason : this.failure.error;
        }
      },
      whenReady: (callback) => {
        const number = native.whenReady(["fetch-read", exchange], () => {
          this.waiting = undefined;
          callback();
        });
        this.waiting = { number, wake: callback };
      },
      cancel: () => {
        ended = true;
        this.finish();
      },
    };
  }

  private finish(): void {
    this.takeBack();
    this.takeBack = () => {};
    this.dropExchange();
  }

  private dropExchange(): void {
    if (this.exchange === undefined) return;
    // What waits for a part of the exchange has to go before it.
    if (this.waiting !== undefined) native.forget(this.waiting.number);
    if (this.sending !== undefined) native.forget(this.sending.number);
    native.dropFetch(this.exchange);
    this.exchange = undefined;
    this.sending?.wake();
  }
}

function without(fields: FieldList, names: readonly string[]): FieldList {
  const kept: FieldList = [];
  for (let index = 0; index < fields.length; index += 2) {
    if (!names.includes(fields[index]!)) kept.push(fields[index]!, fields[index + 1]!);
  }
  return kept;
}

/** What the network, or the profile, said: becomes the cause of the TypeError that a program sees. */
class FetchFailure {
  constructor(readonly why: unknown) {}
}

function failed(why: unknown): TypeError {
  return new TypeError("fetch failed", { cause: why });
}

/** The body's bytes, where they are there and can be sent again. */
function wholeOf({ source, stream }: Body): Uint8Array | undefined {
  if (stream !== undefined) return undefined;
  if (typeof source === "string") return rust.encode(source);
  if (source instanceof Uint8Array) return source;
  return isBlob(source) ? blobBytes(source) : undefined;
}

function cancelBody(state: RequestState, reason: unknown): void {
  const stream = state.body?.stream;
  if (isReadableStream(stream) && !stream.locked) void stream.cancel(reason).catch(() => {});
}

/** Undoes the codings in the reverse of their order; undefined where one is unknown, which then stays. */
function decoderOf(encoding: string): Codec | undefined {
  const codecs: Codec[] = [];
  for (const coding of encoding.toLowerCase().split(",").reverse()) {
    const name = coding.trim();
    if (name === "" || name === "identity") continue;
    if (name === "gzip" || name === "x-gzip") codecs.push(rust.inflater("gzip"));
    else if (name === "deflate") codecs.push(inflateEither());
    else return undefined;
  }
  if (codecs.length <= 1) return codecs[0];
  return (piece) => {
    let bytes = piece === undefined ? new Uint8Array(0) : piece.slice();
    for (const codec of codecs) {
      const begun = bytes.length > 0 ? codec(bytes) : new Uint8Array(0);
      // At the end each gives what it holds, once it has what the one before it gave.
      const rest = piece === undefined ? codec() : new Uint8Array(0);
      bytes = join([begun, rest], begun.length + rest.length);
    }
    return bytes;
  };
}

/** "deflate" is zlib's format, but there are servers that send it bare. */
function inflateEither(): Codec {
  let codec: Codec | undefined;
  return (piece) => {
    if (piece === undefined) return codec === undefined ? new Uint8Array(0) : codec();
    if (piece.length === 0) return new Uint8Array(0);
    codec ??= rust.inflater((piece[0]! & 0x0f) === 8 ? "deflate" : "deflate-raw");
    return codec(piece);
  };
}

/** `data:` URLs (Fetch, "data: URL processor"). */
function fromDataUrl(url: string): Response {
  const hash = url.indexOf("#");
  const text = url.slice(5, hash < 0 ? undefined : hash);
  const comma = text.indexOf(",");
  if (comma < 0) throw new FetchFailure(new TypeError("a data: URL has a comma before its data"));
  let type = text.slice(0, comma).trim();
  let bytes = percentDecode(text.slice(comma + 1));
  const base64 = /; *base64$/i.exec(type);
  if (base64 !== null) {
    type = type.slice(0, base64.index);
    try {
      bytes = Uint8Array.fromBase64(rust.decode(bytes, 3, false)!.replace(/[\t\n\f\r ]/g, ""));
    } catch {
      throw new FetchFailure(new TypeError("the data: URL's base64 is none"));
    }
  }
  const mime = parseMime(type.startsWith(";") ? `text/plain${type}` : type);
  const contentType = mime === undefined ? "text/plain;charset=US-ASCII" : writeMime(mime);
  return internalResponse(200, ["content-type", contentType], bodyOf(bytes), { statusText: "OK", type: "basic", url });
}

function percentDecode(text: string): Uint8Array<ArrayBuffer> {
  const bytes = rust.encode(text);
  let to = 0;
  for (let from = 0; from < bytes.length; from += 1, to += 1) {
    const value = bytes[from] === 37 && from + 2 < bytes.length ? parseInt(String.fromCharCode(bytes[from + 1]!, bytes[from + 2]!), 16) : NaN;
    const isEscape = value === value && /^[0-9a-fA-F]{2}$/.test(String.fromCharCode(bytes[from + 1]!, bytes[from + 2]!));
    bytes[to] = isEscape ? value : bytes[from]!;
    if (isEscape) from += 2;
  }
  return bytes.slice(0, to);
}
