import { type Body, type BodyInit, type BodyMixin, bodyOf, cloneBody, extractBody, installBody, isUnusable, streamOfBody } from "./body";
import { blobBytes, isBlob } from "./blob";
import { type FieldList, Headers, type HeadersInit, fieldsOf, fromFields } from "./headers";
import type { ReadableStream } from "./streams";
import { rust } from "./host";
import { SECRET, describeInterface } from "./webidl";

export interface ResponseInit {
  status?: number;
  statusText?: string;
  headers?: HeadersInit;
}

type ResponseType = "basic" | "default" | "error" | "opaqueredirect";

interface ResponseState {
  status: number;
  statusText: string;
  headers: Headers;
  body: Body | null;
  type: ResponseType;
  url: string;
  redirected: boolean;
}

export interface Response extends BodyMixin {}

let stateOf: (value: unknown) => ResponseState;
export let isResponse: (value: unknown) => value is Response;

export class Response {
  #s: ResponseState;

  static {
    stateOf = (value) => {
      if (typeof value === "object" && value !== null && #s in value) return value.#s;
      throw new TypeError("this is no Response");
    };
    isResponse = (value): value is Response => typeof value === "object" && value !== null && #s in value;
  }

  constructor(body?: BodyInit | null, init?: ResponseInit) {
    if ((body as unknown) === SECRET) {
      this.#s = init as ResponseState;
      return;
    }
    let status = 200;
    let statusText = "";
    let headers: Headers | undefined;
    if (init !== undefined && init !== null) {
      const given = init as Partial<ResponseInit>;
      if (typeof given !== "object" && typeof given !== "function") throw new TypeError("the response's options are no object");
      if (given.status !== undefined) status = statusOf(given.status);
      if (given.statusText !== undefined) statusText = reasonOf(given.statusText);
      if (given.headers !== undefined) headers = new Headers(given.headers);
    }
    headers ??= new Headers();
    let held: Body | null = null;
    if (body !== undefined && body !== null) {
      if (status === 204 || status === 205 || status === 304) throw new TypeError(`a response of status ${status} has no body`);
      if (typeof body === "string") {
        held = { source: body, stream: undefined, used: false };
        typed(headers, "text/plain;charset=UTF-8");
      } else {
        const [extracted, type] = extractBody(body);
        held = extracted;
        if (type !== undefined) typed(headers, type);
      }
    }
    this.#s = { status, statusText, headers, body: held, type: "default", url: "", redirected: false };
  }

  static error(): Response {
    return internalResponse({ status: 0, statusText: "", headers: fromFields([], true), body: null, type: "error", url: "", redirected: false });
  }

  static redirect(url: string, status = 302): Response {
    const location = rust.parseUrl(`${url}`);
    if (location === undefined) throw new TypeError(`a redirect needs an absolute URL: ${JSON.stringify(`${url}`)}`);
    const code = toUnsignedShort(status);
    if (code !== 301 && code !== 302 && code !== 303 && code !== 307 && code !== 308) throw new RangeError(`${code} is no status of a redirect`);
    const headers = fromFields(["location", location], true);
    return internalResponse({ status: code, statusText: "", headers, body: null, type: "default", url: "", redirected: false });
  }

  static json(data: unknown, init?: ResponseInit): Response {
    const text = JSON.stringify(data);
    if (text === undefined) throw new TypeError("the value has no JSON");
    const response = new Response(null, init);
    const state = response.#s;
    if (state.status === 204 || state.status === 205 || state.status === 304) throw new TypeError(`a response of status ${state.status} has no body`);
    state.body = bodyOf(text);
    typed(state.headers, "application/json");
    return response;
  }

  get type(): ResponseType {
    return this.#s.type;
  }

  get url(): string {
    const { url } = this.#s;
    const hash = url.indexOf("#");
    return hash < 0 ? url : url.slice(0, hash);
  }

  get redirected(): boolean {
    return this.#s.redirected;
  }

  get status(): number {
    return this.#s.status;
  }

  get ok(): boolean {
    return this.#s.status >= 200 && this.#s.status < 300;
  }

  get statusText(): string {
    return this.#s.statusText;
  }

  get headers(): Headers {
    return this.#s.headers;
  }

  clone(): Response {
    const state = this.#s;
    if (state.body !== null && isUnusable(state.body)) throw new TypeError("a response whose body was read cannot be cloned");
    const body = state.body === null ? null : cloneBody(state.body);
    const headers = fromFields(fieldsOf(state.headers).slice(), state.type !== "default");
    return internalResponse({ ...state, headers, body });
  }
}

/** A response as fetch makes it. */
export function internalResponse(state: ResponseState): Response {
  return new Response(SECRET as never, state as never);
}

function typed(headers: Headers, type: string): void {
  const list = fieldsOf(headers);
  for (let index = 0; index < list.length; index += 2) {
    if (list[index] === "content-type") return;
  }
  list.push("content-type", type);
}

function toUnsignedShort(value: unknown): number {
  return Number(value) & 0xffff;
}

function statusOf(value: unknown): number {
  const status = toUnsignedShort(value);
  if (status < 200 || status > 599) throw new RangeError(`a response's status is 200 to 599, not ${value as string}`);
  return status;
}

function reasonOf(value: unknown): string {
  const text = `${value as string}`;
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(text)) throw new TypeError("the status text has characters that cannot stand there");
  return text;
}

/** What goes out for a response: nothing of it is copied. */
export interface Reply {
  status: number;
  /** Names in lower case and values, by turns. */
  headers: FieldList;
  body: string | Uint8Array | ReadableStream<Uint8Array> | null;
}

/** Takes a handler's response apart. Its body counts as used then. */
export function replyOf(response: unknown): Reply {
  if (!isResponse(response)) throw new TypeError(`the handler returned no Response, but ${nameOf(response)}`);
  const { status, headers, body } = stateOf(response);
  if (status === 0) throw new TypeError("the handler returned Response.error()");
  if (body === null) return { status, headers: fieldsOf(headers), body: null };
  if (isUnusable(body)) throw new TypeError("the handler returned a Response whose body was read already");
  if (body.stream !== undefined) return { status, headers: fieldsOf(headers), body: body.stream };
  const { source } = body;
  if (typeof source === "string" || source instanceof Uint8Array) {
    body.used = true;
    return { status, headers: fieldsOf(headers), body: typeof source === "string" ? source.toWellFormed() : source };
  }
  if (isBlob(source)) {
    body.used = true;
    return { status, headers: fieldsOf(headers), body: blobBytes(source) };
  }
  return { status, headers: fieldsOf(headers), body: streamOfBody(body) };
}

function nameOf(value: unknown): string {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return typeof value === "string" ? "a string" : String(value);
  const name = (value as object).constructor?.name;
  return name ? `an object of ${name}` : "an object";
}

installBody(Response, (value) => stateOf(value));
describeInterface(Response, "Response");
