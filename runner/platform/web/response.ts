import { type Body, type BodyInit, type BodyMixin, bodyOf, cloneBody, extractBody, installBody, isUnusable, streamOfBody } from "./body";
import { blobBytes, isBlob } from "./blob";
import { type FieldList, type Headers, type HeadersInit, fieldsFrom, fromFields } from "./headers";
import type { ReadableStream } from "./streams";
import { rust } from "./host";
import { SECRET, describeInterface } from "./webidl";

export interface ResponseInit {
  status?: number;
  statusText?: string;
  headers?: HeadersInit;
}

type ResponseType = "basic" | "default" | "error" | "opaqueredirect";

/**
 * Most responses are made by a handler and taken apart again by the runner, so that what few look at is made when somebody
 * does: the Headers around the list of fields, and the Body around a string.
 */
interface ResponseState {
  status: number;
  fields: FieldList;
  body: Body | string | null;
  /** What a response of a handler mostly has not. */
  more: More | undefined;
}

interface More {
  statusText: string;
  type: ResponseType;
  url: string;
  redirected: boolean;
  headers: Headers | undefined;
}

const PLAIN: Readonly<More> = { statusText: "", type: "default", url: "", redirected: false, headers: undefined };

export interface Response extends BodyMixin {}

let stateOf: (value: unknown) => ResponseState;
export let isResponse: (value: unknown) => value is Response;
/** Takes a handler's response apart. Its body counts as used then. */
export let replyOf: (response: unknown) => Reply;

export interface Response extends BodyMixin {}

export class Response {
  #s: ResponseState;

  static {
    stateOf = (value) => {
      if (typeof value === "object" && value !== null && #s in value) return value.#s;
      throw new TypeError("this is no Response");
    };
    isResponse = (value): value is Response => typeof value === "object" && value !== null && #s in value;
    replyOf = (value) => {
      if (typeof value !== "object" || value === null || !(#s in value)) throw new TypeError(`the handler returned no Response, but ${nameOf(value)}`);
      const state = value.#s;
      const { body } = state;
      // The short way, for what most handlers return.
      if (typeof body === "string") {
        state.body = { source: body, stream: undefined, used: true };
        return [state.status, state.fields, body.toWellFormed()];
      }
      return takeApart(state, body);
    };
  }

  constructor(body?: BodyInit | null, init?: ResponseInit) {
    if ((body as unknown) === SECRET) {
      this.#s = init as unknown as ResponseState;
      return;
    }
    let status = 200;
    let fields: FieldList | undefined;
    let more: More | undefined;
    if (init !== undefined && init !== null) {
      if (typeof init !== "object" && typeof init !== "function") throw new TypeError("the response's options are no object");
      const { headers, status: given, statusText } = init;
      if (headers !== undefined) fields = fieldsFrom(headers);
      if (given !== undefined) status = statusOf(given);
      if (statusText !== undefined) more = { ...PLAIN, statusText: reasonOf(statusText) };
    }
    fields ??= [];
    if (body === undefined || body === null) {
      this.#s = { status, fields, body: null, more };
      return;
    }
    if (status === 204 || status === 205 || status === 304) throw new TypeError(`a response of status ${status} has no body`);
    if (typeof body === "string") {
      typed(fields, "text/plain;charset=UTF-8");
      this.#s = { status, fields, body, more };
      return;
    }
    const [extracted, type] = extractBody(body);
    if (type !== undefined) typed(fields, type);
    this.#s = { status, fields, body: extracted, more };
  }

  static error(): Response {
    return internalResponse(0, [], null, { type: "error" });
  }

  static redirect(url: string, status = 302): Response {
    const location = rust.parseUrl(`${url}`);
    if (location === undefined) throw new TypeError(`a redirect needs an absolute URL: ${JSON.stringify(`${url}`)}`);
    const code = toUnsignedShort(status);
    if (code !== 301 && code !== 302 && code !== 303 && code !== 307 && code !== 308) throw new RangeError(`${code} is no status of a redirect`);
    const fields = ["location", location];
    return internalResponse(code, fields, null, { headers: fromFields(fields, true) });
  }

  static json(data: unknown, init?: ResponseInit): Response {
    const text = JSON.stringify(data);
    if (text === undefined) throw new TypeError("the value has no JSON");
    const response = new Response(null, init);
    const state = response.#s;
    if (state.status === 204 || state.status === 205 || state.status === 304) throw new TypeError(`a response of status ${state.status} has no body`);
    state.body = text;
    typed(state.fields, "application/json");
    return response;
  }

  get type(): ResponseType {
    return (this.#s.more ?? PLAIN).type;
  }

  get url(): string {
    const { url } = this.#s.more ?? PLAIN;
    const hash = url.indexOf("#");
    return hash < 0 ? url : url.slice(0, hash);
  }

  get redirected(): boolean {
    return (this.#s.more ?? PLAIN).redirected;
  }

  get status(): number {
    return this.#s.status;
  }

  get ok(): boolean {
    return this.#s.status >= 200 && this.#s.status < 300;
  }

  get statusText(): string {
    return (this.#s.more ?? PLAIN).statusText;
  }

  get headers(): Headers {
    return headersOf(this.#s);
  }

  clone(): Response {
    const state = this.#s;
    const body = wholeBody(state);
    if (body !== null && isUnusable(body)) throw new TypeError("a response whose body was read cannot be cloned");
    const { type, statusText, url, redirected } = state.more ?? PLAIN;
    const fields = state.fields.slice();
    const headers = fromFields(fields, type !== "default");
    return internalResponse(state.status, fields, body === null ? null : cloneBody(body), { type, statusText, url, redirected, headers });
  }
}

/** A response as fetch makes it. Without Headers of its own it has immutable ones. */
export function internalResponse(status: number, fields: FieldList, body: Body | null, more: Partial<More>): Response {
  const state: ResponseState = { status, fields, body, more: { ...PLAIN, headers: fromFields(fields, true), ...more } };
  return new Response(SECRET as never, state as never);
}

/** Both are of one list: what the one is told, the other knows. */
function headersOf(state: ResponseState): Headers {
  const more = (state.more ??= { ...PLAIN });
  return (more.headers ??= fromFields(state.fields, false));
}

function wholeBody(state: ResponseState): Body | null {
  const { body } = state;
  return typeof body === "string" ? (state.body = bodyOf(body)) : body;
}

function typed(list: FieldList, type: string): void {
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

/** What goes out for a response: its status, names in lower case and values by turns, and its body. Nothing is copied. */
export type Reply = [status: number, fields: FieldList, body: string | Uint8Array | ReadableStream<Uint8Array> | null];

function takeApart({ status, fields }: ResponseState, body: Body | null): Reply {
  if (status === 0) throw new TypeError("the handler returned Response.error()");
  if (body === null) return [status, fields, null];
  if (isUnusable(body)) throw new TypeError("the handler returned a Response whose body was read already");
  const { source } = body;
  if (body.stream !== undefined || source === undefined) return [status, fields, streamOfBody(body)];
  if (typeof source !== "string" && !(source instanceof Uint8Array) && !isBlob(source)) return [status, fields, streamOfBody(body)];
  body.used = true;
  if (typeof source === "string") return [status, fields, source.toWellFormed()];
  return [status, fields, isBlob(source) ? blobBytes(source) : source];
}

function nameOf(value: unknown): string {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return typeof value === "string" ? "a string" : String(value);
  const name = (value as object).constructor?.name;
  return name ? `an object of ${name}` : "an object";
}

installBody(
  Response,
  (value) => wholeBody(stateOf(value)),
  (value) => stateOf(value).fields,
);
describeInterface(Response, "Response");
