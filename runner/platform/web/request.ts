import { type AbortSignal, dependentOn, isSignal } from "./abort";
import { type Body, type BodyInit, type BodyMixin, bodyOf, cloneBody, extractBody, installBody, isUnusable } from "./body";
import { Headers, type HeadersInit, fieldsOf, fromFields, getField } from "./headers";
import { native, rust } from "./host";
import { type ByteSource, TransformStream } from "./streams";
import { notePrepared } from "./url";
import { SECRET, describeInterface, domString, needArguments } from "./webidl";

export type RequestInfo = Request | string | { toString(): string };
export type RequestRedirect = "follow" | "error" | "manual";

export interface RequestInit {
  method?: string;
  headers?: HeadersInit;
  body?: BodyInit | null;
  referrer?: string;
  referrerPolicy?: string;
  mode?: string;
  credentials?: string;
  cache?: string;
  redirect?: RequestRedirect;
  integrity?: string;
  keepalive?: boolean;
  signal?: AbortSignal | null;
  duplex?: "half";
  priority?: string;
  window?: null;
}

/** What is undefined is made when somebody looks: a handler looks at little of the request that came in. */
export interface RequestState {
  method: string;
  /** Of the request that came in. */
  target: string;
  /** Where that gets the rest from, if not from the host. */
  incoming?: Incoming;
  /** With its fragment. */
  url?: string;
  headers?: Headers;
  body?: Body | null;
  signal?: AbortSignal;
  /** The signal that the program gave, which `signal` follows. */
  follows?: AbortSignal | undefined;
  settings?: Settings;
}

/** What a program may set and a server has no use for, but for `redirect`. */
interface Settings {
  mode: string;
  credentials: string;
  cache: string;
  redirect: RequestRedirect;
  referrer: string;
  referrerPolicy: string;
  integrity: string;
  keepalive: boolean;
}

const DEFAULTS: Settings = {
  mode: "cors",
  credentials: "same-origin",
  cache: "default",
  redirect: "follow",
  referrer: "about:client",
  referrerPolicy: "",
  integrity: "",
  keepalive: false,
};

const VALUES: Record<string, readonly string[]> = {
  mode: ["same-origin", "no-cors", "cors"],
  credentials: ["omit", "same-origin", "include"],
  cache: ["default", "no-store", "reload", "no-cache", "force-cache", "only-if-cached"],
  redirect: ["follow", "error", "manual"],
  referrerPolicy: [
    "", "no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin", "origin-when-cross-origin",
    "strict-origin-when-cross-origin", "unsafe-url",
  ],
};

export interface Request extends BodyMixin {}

export let requestState: (value: unknown) => RequestState;
export let isRequest: (value: unknown) => value is Request;

export class Request {
  #s: RequestState;

  static {
    requestState = (value) => {
      if (typeof value === "object" && value !== null && #s in value) return value.#s;
      throw new TypeError("this is no Request");
    };
    isRequest = (value): value is Request => typeof value === "object" && value !== null && #s in value;
  }

  constructor(input: RequestInfo, init?: RequestInit) {
    if ((input as unknown) === SECRET) {
      this.#s = init as unknown as RequestState;
      return;
    }
    needArguments(arguments.length, 1, "Request");
    this.#s = build(input, init ?? {});
  }

  get method(): string {
    return this.#s.method;
  }

  get url(): string {
    const state = this.#s;
    return state.url ?? (state.url = urlOf(state.incoming ?? host, state.target));
  }

  get headers(): Headers {
    return headersOf(this.#s);
  }

  get destination(): string {
    return "";
  }

  get referrer(): string {
    return settingsOf(this.#s).referrer;
  }

  get referrerPolicy(): string {
    return settingsOf(this.#s).referrerPolicy;
  }

  get mode(): string {
    return settingsOf(this.#s).mode;
  }

  get credentials(): string {
    return settingsOf(this.#s).credentials;
  }

  get cache(): string {
    return settingsOf(this.#s).cache;
  }

  get redirect(): RequestRedirect {
    return settingsOf(this.#s).redirect;
  }

  get integrity(): string {
    return settingsOf(this.#s).integrity;
  }

  get keepalive(): boolean {
    return settingsOf(this.#s).keepalive;
  }

  get isReloadNavigation(): boolean {
    return false;
  }

  get isHistoryNavigation(): boolean {
    return false;
  }

  get signal(): AbortSignal {
    const state = this.#s;
    return (state.signal ??= dependentOn(state.follows === undefined ? [] : [state.follows]));
  }

  get duplex(): "half" {
    return "half";
  }

  clone(): Request {
    const state = this.#s;
    const body = bodyOfRequest(state);
    if (body !== null && isUnusable(body)) throw new TypeError("a request whose body was read cannot be cloned");
    return new Request(SECRET as never, {
      ...state,
      url: this.url,
      headers: fromFields(fieldsOf(this.headers).slice(), false),
      body: body === null ? null : cloneBody(body),
      signal: undefined,
      follows: state.signal ?? state.follows,
    } as never);
  }
}

function build(input: RequestInfo, init: RequestInit): RequestState {
  if ((typeof init !== "object" && typeof init !== "function") || init === null) throw new TypeError("the request's options are no object");
  const from = isRequest(input) ? input : undefined;
  const base = from === undefined ? undefined : requestState(from);
  const url = from === undefined ? parse(`${input as string}`) : from.url;
  const settings = readSettings(init, base?.settings ?? DEFAULTS);
  if (init.window !== undefined && init.window !== null) throw new TypeError("a request's window can only be null");
  const method = init.method === undefined ? (base?.method ?? "GET") : methodOf(init.method);
  const follows = signalOf(init, base);
  const headers =
    init.headers === undefined ? (from === undefined ? new Headers() : fromFields(fieldsOf(from.headers).slice(), false)) : new Headers(init.headers);
  const given = init.body !== undefined && init.body !== null;
  if (init.duplex !== undefined && init.duplex !== "half") throw new TypeError(`"${init.duplex as string}" is no value of duplex`);
  const inherited = base === undefined ? null : bodyOfRequest(base);
  if ((given || (init.body === undefined && inherited !== null)) && (method === "GET" || method === "HEAD")) {
    throw new TypeError(`a request with the method ${method} has no body`);
  }
  let body: Body | null = null;
  if (given) {
    const [extracted, type] = extractBody(init.body);
    if (extracted.source === undefined && init.duplex === undefined) throw new TypeError('a request whose body is a stream needs the option duplex: "half"');
    body = extracted;
    if (type !== undefined && getField(fieldsOf(headers), "content-type") === null) fieldsOf(headers).push("content-type", type);
  } else if (inherited !== null && init.body !== null) {
    if (isUnusable(inherited)) throw new TypeError("a request cannot be made of one whose body was read");
    body = takeOver(inherited);
  }
  return { method, target: "", url, headers, body, follows, settings };
}

/** The body goes on in the new request; in the old one it is used. */
function takeOver(body: Body): Body {
  const next: Body = { source: body.source, stream: body.stream?.pipeThrough(new TransformStream()) as never, used: false };
  body.used = true;
  return next;
}



function parse(text: string): string {
  const url = rust.parseUrl(text);
  if (url === undefined) throw new TypeError(`Invalid URL: ${JSON.stringify(text)} (a server has no base for a relative one)`);
  const authority = url.slice(url.indexOf(":") + 1).split(/[/?#]/, 3)[2] ?? "";
  if (authority.includes("@")) throw new TypeError("a request's URL has no user name and password: set the header Authorization");
  return url;
}

export function settingsOf(state: RequestState): Settings {
  return state.settings ?? DEFAULTS;
}

function readSettings(init: RequestInit, base: Settings): Settings {
  const { referrer, referrerPolicy, mode, credentials, cache, redirect, integrity, keepalive } = init;
  if (referrer === undefined && referrerPolicy === undefined && mode === undefined && credentials === undefined && cache === undefined && redirect === undefined && integrity === undefined && keepalive === undefined) {
    return base;
  }
  if (mode === "navigate") throw new TypeError("a program makes no request of mode navigate");
  const settings = {
    mode: pick("mode", mode, base.mode),
    credentials: pick("credentials", credentials, base.credentials),
    cache: pick("cache", cache, base.cache),
    redirect: pick("redirect", redirect, base.redirect) as RequestRedirect,
    referrer: referrer === undefined ? base.referrer : referrerOf(domString(referrer)),
    referrerPolicy: pick("referrerPolicy", referrerPolicy, base.referrerPolicy),
    integrity: integrity === undefined ? base.integrity : domString(integrity),
    keepalive: keepalive === undefined ? base.keepalive : Boolean(keepalive),
  };
  if (settings.cache === "only-if-cached" && settings.mode !== "same-origin") throw new TypeError("only-if-cached needs the mode same-origin");
  return settings;
}

function pick(name: string, value: unknown, otherwise: string): string {
  if (value === undefined) return otherwise;
  const text = domString(value);
  if (!VALUES[name]!.includes(text)) throw new TypeError(`"${text}" is no value of ${name}`);
  return text;
}

function referrerOf(text: string): string {
  if (text === "") return "";
  const url = rust.parseUrl(text);
  if (url === undefined) throw new TypeError(`the referrer is no URL: ${JSON.stringify(text)}`);
  return url === "about:client" ? "about:client" : url;
}

function methodOf(value: unknown): string {
  const method = domString(value);
  if (rust.fieldName(method) === undefined) throw new TypeError(`${JSON.stringify(method)} is no method`);
  const upper = method.toUpperCase();
  if (upper === "CONNECT" || upper === "TRACE" || upper === "TRACK") throw new TypeError(`a program makes no request of method ${method}`);
  switch (upper) {
    case "DELETE":
    case "GET":
    case "HEAD":
    case "OPTIONS":
    case "POST":
    case "PUT":
      return upper;
    default:
      // `patch` stays as it is: the standard only mends the methods above.
      return method;
  }
}

function signalOf(init: RequestInit, base: RequestState | undefined): AbortSignal | undefined {
  if (init.signal === undefined) return base?.signal ?? base?.follows;
  if (init.signal !== null && !isSignal(init.signal)) throw new TypeError("the option signal is no AbortSignal");
  return init.signal ?? undefined;
}

/** What the host tells of the request that came in, when it is asked. One object serves all requests of a process. */
export interface Incoming {
  headers(): [name: string, value: string][];
  /** The value of the header Host. */
  authority(): string | undefined;
  body(): ByteSource;
}

const PIECE = 64 * 1024;

const host: Incoming = {
  headers: () => native.requestHeaders(),
  authority: () => native.requestAuthority(),
  body: () => ({
    read: () => native.tryReadRequest(PIECE),
    whenReady: (callback) => void native.whenReady(["request"], callback),
    cancel() {},
  }),
};

/** The request that a process was made for. It reads from the host what the handler looks at, and nothing else. */
export function makeRequest(method: string, target: string, incoming?: Incoming): Request {
  const state: RequestState = { method, target };
  if (incoming !== undefined) state.incoming = incoming;
  return new Request(SECRET as never, state as never);
}

export function bodyOfRequest(state: RequestState): Body | null {
  if (state.body === undefined) {
    state.body = state.method === "GET" || state.method === "HEAD" ? null : bodyOf((state.incoming ?? host).body());
  }
  return state.body;
}

function headersOf(state: RequestState): Headers {
  if (state.headers === undefined) {
    const list: string[] = [];
    for (const [name, value] of (state.incoming ?? host).headers()) list.push(name, value);
    state.headers = fromFields(list, true);
  }
  return state.headers;
}

/** Absolute, as the standard wants it. A target that is absolute itself (a proxy's request) stays what it is. */
function urlOf(incoming: Incoming, target: string): string {
  const authority = incoming.authority() ?? "localhost";
  let url: string | undefined;
  if (target.charCodeAt(0) === 47) {
    // A header Host may be none; the path still is what the handler wants to see.
    url = rust.parseUrl(`http://${authority}${target}`) ?? rust.parseUrl(`http://localhost${target}`);
  } else {
    url = rust.parseUrl(target) ?? rust.parseUrl(`http://${authority}/`);
  }
  url ??= "http://localhost/";
  notePrepared(url);
  return url;
}

installBody(
  Request,
  (value) => bodyOfRequest(requestState(value)),
  (value) => fieldsOf(headersOf(requestState(value))),
);
describeInterface(Request, "Request");
