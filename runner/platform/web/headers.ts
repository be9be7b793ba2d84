import { rust } from "./host";
import { describeInterface, needArguments, pairIterators } from "./webidl";

export type HeadersInit = Headers | Iterable<Iterable<string>> | Record<string, string>;

/** Names as programs write them, so that most need no look at their characters. */
const known: Record<string, string> = Object.assign(Object.create(null), {
  "content-type": "content-type",
  "Content-Type": "content-type",
  "content-length": "content-length",
  "Content-Length": "content-length",
});
for (const name of [
  "Accept", "Accept-Encoding", "Accept-Language", "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Allow-Headers",
  "Access-Control-Allow-Methods", "Access-Control-Expose-Headers", "Access-Control-Max-Age", "Age", "Allow", "Authorization", "Cache-Control",
  "Connection", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Security-Policy", "Cookie", "Date", "ETag", "Expires",
  "Host", "If-Match", "If-Modified-Since", "If-None-Match", "Last-Modified", "Location", "Origin", "Pragma", "Range", "Referer", "Retry-After",
  "Server", "Set-Cookie", "Strict-Transport-Security", "Transfer-Encoding", "Upgrade", "User-Agent", "Vary", "WWW-Authenticate", "X-Forwarded-For",
  "X-Forwarded-Host", "X-Forwarded-Proto", "X-Powered-By", "X-Request-Id", "X-Requested-With",
]) {
  known[name] = name.toLowerCase();
  known[name.toLowerCase()] = name.toLowerCase();
}

function fieldName(value: unknown): string {
  const text = typeof value === "string" ? value : `${value as string}`;
  const name = known[text] ?? rust.fieldName(text);
  if (name === undefined) throw new TypeError(`Invalid header name: ${JSON.stringify(text)}`);
  return name;
}

function fieldValue(value: unknown, name: string): string {
  const text = typeof value === "string" ? value : `${value as string}`;
  const clean = rust.fieldValue(text);
  if (clean === undefined) throw new TypeError(`Invalid value of the header ${name}: ${JSON.stringify(text)}`);
  return clean;
}

/** Names in lower case and values, by turns. */
export type FieldList = string[];

/** The headers' own list: not to be changed. */
export let fieldsOf: (headers: Headers) => FieldList;
export let isHeaders: (value: unknown) => value is Headers;
/** Headers that take over a list of clean fields. */
export let fromFields: (list: FieldList, immutable: boolean) => Headers;
/** Before each change. */
let change: (headers: Headers) => void;
let pairAt: (headers: Headers, index: number) => [string, string] | undefined;

/**
 * Headers of a request or response. Servers' runtimes agree that nothing is forbidden to a program that is a server itself,
 * so the guards of the Fetch standard come down to whether they can be changed.
 */
export class Headers {
  #list: FieldList;
  #immutable = false;
  /** What iteration goes over, made when it is asked for. */
  #sorted: [string, string][] | undefined;

  static {
    fieldsOf = (headers) => headers.#list;
    isHeaders = (value): value is Headers => typeof value === "object" && value !== null && #list in value;
    fromFields = (list, immutable) => {
      const headers = new Headers();
      headers.#list = list;
      headers.#immutable = immutable;
      return headers;
    };
    change = (headers) => {
      if (headers.#immutable) throw new TypeError("these headers are immutable");
      headers.#sorted = undefined;
    };
    pairAt = (headers, index) => (headers.#sorted ??= sortAndCombine(headers.#list))[index];
  }

  constructor(init?: HeadersInit) {
    this.#list = init === undefined ? [] : fieldsFrom(init);
  }

  append(name: string, value: string): void {
    needArguments(arguments.length, 2, "append");
    const lower = fieldName(name);
    const clean = fieldValue(value, lower);
    change(this);
    this.#list.push(lower, clean);
  }

  delete(name: string): void {
    needArguments(arguments.length, 1, "delete");
    const lower = fieldName(name);
    change(this);
    if (this.#list.includes(lower)) replace(this.#list, without(this.#list, lower));
  }

  get(name: string): string | null {
    needArguments(arguments.length, 1, "get");
    return getField(this.#list, fieldName(name));
  }

  getSetCookie(): string[] {
    const values: string[] = [];
    const list = this.#list;
    for (let index = 0; index < list.length; index += 2) {
      if (list[index] === "set-cookie") values.push(list[index + 1]!);
    }
    return values;
  }

  has(name: string): boolean {
    needArguments(arguments.length, 1, "has");
    const lower = fieldName(name);
    const list = this.#list;
    for (let index = 0; index < list.length; index += 2) {
      if (list[index] === lower) return true;
    }
    return false;
  }

  set(name: string, value: string): void {
    needArguments(arguments.length, 2, "set");
    const lower = fieldName(name);
    const clean = fieldValue(value, lower);
    change(this);
    const list = this.#list;
    let at = 0;
    while (at < list.length && list[at] !== lower) at += 2;
    if (at >= list.length) {
      list.push(lower, clean);
      return;
    }
    // The first takes the value, the others go.
    const rest = without(list.slice(at + 2), lower);
    list.length = at;
    list.push(lower, clean, ...rest);
  }

  forEach(callback: (value: string, name: string, headers: Headers) => void, thisArg?: unknown): void {
    needArguments(arguments.length, 1, "forEach");
    if (typeof callback !== "function") throw new TypeError("forEach needs a function");
    for (let index = 0; ; index += 1) {
      const pair = pairAt(this, index);
      if (pair === undefined) return;
      callback.call(thisArg, pair[1], pair[0], this);
    }
  }

  keys(): IterableIterator<string> {
    return iterate(checked(this), "key");
  }

  values(): IterableIterator<string> {
    return iterate(checked(this), "value");
  }

  entries(): IterableIterator<[string, string]> {
    return iterate(checked(this), "key+value");
  }

  declare [Symbol.iterator]: () => IterableIterator<[string, string]>;
}

/** Throws for a receiver that is none, at the call and not at the first step. */
function checked(headers: Headers): Headers {
  fieldsOf(headers);
  return headers;
}

/** A new list of what headers can be made of. */
export function fieldsFrom(init: HeadersInit): FieldList {
  if ((typeof init !== "object" && typeof init !== "function") || init === null) throw new TypeError("headers are made of pairs or an object");
  const iterator = (init as { [Symbol.iterator]?: unknown })[Symbol.iterator];
  if (iterator === undefined || iterator === null) return fieldsFromRecord(init as Record<string, unknown>);
  if (iterator === Headers.prototype.entries && isHeaders(init)) return fieldsOf(init).slice();
  const list: FieldList = [];
  for (const pair of init as Iterable<Iterable<string>>) {
    if (typeof pair !== "object" || pair === null) throw new TypeError("each header needs to be a pair of a name and a value");
    const entry = [...pair];
    if (entry.length !== 2) throw new TypeError("each header needs to be a pair of a name and a value");
    const name = fieldName(entry[0]);
    list.push(name, fieldValue(entry[1], name));
  }
  return list;
}

const { ownKeys } = Reflect;

function fieldsFromRecord(record: Record<string, unknown>): FieldList {
  const plain = rust.plainFields(record);
  if (plain !== undefined) return plain;
  const list: FieldList = [];
  for (const key of ownKeys(record)) {
    if (!propertyIsEnumerable.call(record, key)) continue;
    const name = fieldName(key);
    list.push(name, fieldValue(record[key as string], name));
  }
  return list;
}

const { propertyIsEnumerable } = Object.prototype;

/** All values of a name in lower case, joined; null without any. */
export function getField(list: FieldList, lower: string): string | null {
  let found: string | null = null;
  for (let index = 0; index < list.length; index += 2) {
    if (list[index] === lower) found = found === null ? list[index + 1]! : `${found}, ${list[index + 1]!}`;
  }
  return found;
}

/** The list stays the same one, as a response holds it too. */
function replace(list: FieldList, next: FieldList): void {
  list.length = 0;
  for (const item of next) list.push(item);
}

function without(list: FieldList, lower: string): FieldList {
  const kept: FieldList = [];
  for (let index = 0; index < list.length; index += 2) {
    if (list[index] !== lower) kept.push(list[index]!, list[index + 1]!);
  }
  return kept;
}

/** By name, the values of one joined, but for Set-Cookie, whose values cannot be. */
function sortAndCombine(list: FieldList): [string, string][] {
  const names = [...new Set(list.filter((_, index) => index % 2 === 0))].sort();
  const pairs: [string, string][] = [];
  for (const name of names) {
    if (name !== "set-cookie") {
      pairs.push([name, getField(list, name)!]);
      continue;
    }
    for (let index = 0; index < list.length; index += 2) {
      if (list[index] === name) pairs.push([name, list[index + 1]!]);
    }
  }
  return pairs;
}

const iterate: (headers: Headers, kind: "key" | "value" | "key+value") => IterableIterator<never> = pairIterators("Headers", (headers: Headers, index) => {
  const pair = pairAt(headers, index);
  return pair === undefined ? undefined : ([pair[0], pair[1]] as [string, string]);
});

describeInterface(Headers, "Headers");
Object.defineProperty(Headers.prototype, Symbol.iterator, { value: Headers.prototype.entries, configurable: true, writable: true });
