import { rust } from "./host";
import { hostOf, originOf, pathOf, portColon, queryOf, userinfoOf } from "./url-parts";
import { SECRET, describeInterface, needArguments, pairIterators, usvString } from "./webidl";

const PROTOCOL = 0;
const USERNAME = 1;
const PASSWORD = 2;
const HOST = 3;
const HOSTNAME = 4;
const PORT = 5;
const PATHNAME = 6;
const SEARCH = 7;
const HASH = 8;

let setQuery: (url: URL, query: string) => void;

let prepared: unknown = SECRET;

/** The request's URL, which the parser wrote: most handlers parse it first of all. */
export function notePrepared(url: string): void {
  prepared = url;
}

/**
 * A URL of the URL standard. It keeps its serialisation alone: the parser is Rust's, and since a serialised URL has each
 * delimiter in one place, an attribute is a slice of it.
 */
export class URL {
  #href: string;
  #params: URLSearchParams | undefined;

  static {
    setQuery = (url, query) => {
      url.#href = rust.setUrl(url.#href, SEARCH, query);
    };
  }

  constructor(url: string, base?: string) {
    if (url === prepared && base === undefined) {
      this.#href = url;
      return;
    }
    const text = typeof url === "string" ? url : `${url as string}`;
    const href = base === undefined ? rust.parseUrl(text) : rust.parseUrl(text, `${base}`);
    if (href === undefined) throw invalid(text, base);
    this.#href = href;
  }

  static parse(url: string, base?: string): URL | null {
    needArguments(arguments.length, 1, "URL.parse");
    try {
      return new URL(url, base);
    } catch (error) {
      if (error instanceof TypeError && (error as { code?: string }).code === "ERR_INVALID_URL") return null;
      throw error;
    }
  }

  static canParse(url: string, base?: string): boolean {
    needArguments(arguments.length, 1, "URL.canParse");
    return (base === undefined ? rust.parseUrl(`${url}`) : rust.parseUrl(`${url}`, `${base}`)) !== undefined;
  }

  get href(): string {
    return this.#href;
  }

  set href(value: string) {
    const href = rust.parseUrl(`${value}`);
    if (href === undefined) throw invalid(`${value}`, undefined);
    this.#href = href;
    if (this.#params !== undefined) refresh(this.#params);
  }

  get origin(): string {
    return originOf(this.#href);
  }

  get protocol(): string {
    return this.#href.slice(0, this.#href.indexOf(":") + 1);
  }

  set protocol(value: string) {
    this.#href = rust.setUrl(this.#href, PROTOCOL, `${value}`);
  }

  get username(): string {
    const userinfo = userinfoOf(this.#href);
    const colon = userinfo.indexOf(":");
    return colon < 0 ? userinfo : userinfo.slice(0, colon);
  }

  set username(value: string) {
    this.#href = rust.setUrl(this.#href, USERNAME, `${value}`);
  }

  get password(): string {
    const userinfo = userinfoOf(this.#href);
    const colon = userinfo.indexOf(":");
    return colon < 0 ? "" : userinfo.slice(colon + 1);
  }

  set password(value: string) {
    this.#href = rust.setUrl(this.#href, PASSWORD, `${value}`);
  }

  get host(): string {
    return hostOf(this.#href);
  }

  set host(value: string) {
    this.#href = rust.setUrl(this.#href, HOST, `${value}`);
  }

  get hostname(): string {
    const host = hostOf(this.#href);
    const colon = portColon(host);
    return colon < 0 ? host : host.slice(0, colon);
  }

  set hostname(value: string) {
    this.#href = rust.setUrl(this.#href, HOSTNAME, `${value}`);
  }

  get port(): string {
    const host = hostOf(this.#href);
    const colon = portColon(host);
    return colon < 0 ? "" : host.slice(colon + 1);
  }

  set port(value: string) {
    this.#href = rust.setUrl(this.#href, PORT, `${value}`);
  }

  get pathname(): string {
    return pathOf(this.#href);
  }

  set pathname(value: string) {
    this.#href = rust.setUrl(this.#href, PATHNAME, `${value}`);
  }

  get search(): string {
    const query = queryOf(this.#href);
    return query === "" ? "" : `?${query}`;
  }

  set search(value: string) {
    this.#href = rust.setUrl(this.#href, SEARCH, `${value}`);
    if (this.#params !== undefined) refresh(this.#params);
  }

  get searchParams(): URLSearchParams {
    return (this.#params ??= new URLSearchParams(this as never, SECRET));
  }

  get hash(): string {
    const hash = this.#href.indexOf("#");
    return hash < 0 || hash === this.#href.length - 1 ? "" : this.#href.slice(hash);
  }

  set hash(value: string) {
    this.#href = rust.setUrl(this.#href, HASH, `${value}`);
  }

  toString(): string {
    return this.#href;
  }

  toJSON(): string {
    return this.#href;
  }
}

function invalid(url: string, base: string | undefined): TypeError {
  const error = new TypeError("Invalid URL");
  return Object.assign(error, base === undefined ? { code: "ERR_INVALID_URL", input: url } : { code: "ERR_INVALID_URL", input: url, base: `${base}` });
}

type ParamsInit = string | [string, string][] | Record<string, string> | URLSearchParams;

let refresh: (params: URLSearchParams) => void;
let listOf: (params: URLSearchParams) => string[];
let setList: (params: URLSearchParams, list: string[]) => void;

/** Names and values of a query, in order. */
export class URLSearchParams {
  /** Names and values by turns; undefined while nobody needed more of the URL's query than a value. */
  #held: string[] | undefined;
  /** The URL whose query this is. */
  #url: URL | undefined;

  static {
    refresh = (params) => {
      params.#held = undefined;
    };
    listOf = (params) => (params.#held ??= rust.parseQuery(queryOf(params.#url!.href)));
    setList = (params, list) => {
      params.#held = list;
      if (params.#url !== undefined) setQuery(params.#url, rust.writeQuery(list));
    };
  }

  constructor(init?: ParamsInit, secret?: unknown) {
    if (secret === SECRET) this.#url = init as never as URL;
    else this.#held = init === undefined ? [] : parseInit(init);
  }

  get size(): number {
    return listOf(this).length / 2;
  }

  append(name: string, value: string): void {
    needArguments(arguments.length, 2, "append");
    const list = listOf(this);
    list.push(usvString(name), usvString(value));
    setList(this, list);
  }

  delete(name: string, value?: string): void {
    needArguments(arguments.length, 1, "delete");
    name = usvString(name);
    const only = value === undefined ? undefined : usvString(value);
    setList(this, pairsWhere(listOf(this), (key, held) => key !== name || (only !== undefined && held !== only)));
  }

  get(name: string): string | null {
    needArguments(arguments.length, 1, "get");
    const list = this.#held;
    if (list === undefined) return rust.queryValue(this.#url!.href, typeof name === "string" ? name : `${name as string}`);
    name = usvString(name);
    for (let index = 0; index < list.length; index += 2) {
      if (list[index] === name) return list[index + 1]!;
    }
    return null;
  }

  getAll(name: string): string[] {
    needArguments(arguments.length, 1, "getAll");
    name = usvString(name);
    const values: string[] = [];
    const list = listOf(this);
    for (let index = 0; index < list.length; index += 2) {
      if (list[index] === name) values.push(list[index + 1]!);
    }
    return values;
  }

  has(name: string, value?: string): boolean {
    needArguments(arguments.length, 1, "has");
    name = usvString(name);
    const only = value === undefined ? undefined : usvString(value);
    const list = listOf(this);
    for (let index = 0; index < list.length; index += 2) {
      if (list[index] === name && (only === undefined || list[index + 1] === only)) return true;
    }
    return false;
  }

  set(name: string, value: string): void {
    needArguments(arguments.length, 2, "set");
    name = usvString(name);
    value = usvString(value);
    let found = false;
    const next = pairsWhere(listOf(this), (key) => {
      if (key !== name) return true;
      if (found) return false;
      found = true;
      return true;
    });
    if (found) {
      for (let index = 0; index < next.length; index += 2) {
        if (next[index] === name) next[index + 1] = value;
      }
    } else {
      next.push(name, value);
    }
    setList(this, next);
  }

  /** By names, in the order of their UTF-16 units; pairs of one name keep their order. */
  sort(): void {
    const list = listOf(this);
    const pairs: [string, string][] = [];
    for (let index = 0; index < list.length; index += 2) pairs.push([list[index]!, list[index + 1]!]);
    pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    setList(this, pairs.flat());
  }

  forEach(callback: (value: string, name: string, params: URLSearchParams) => void, thisArg?: unknown): void {
    needArguments(arguments.length, 1, "forEach");
    if (typeof callback !== "function") throw new TypeError("forEach needs a function");
    for (let index = 0; index < listOf(this).length; index += 2) {
      callback.call(thisArg, listOf(this)[index + 1]!, listOf(this)[index]!, this);
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

  toString(): string {
    return rust.writeQuery(listOf(this));
  }
}

/** Throws for a receiver that is none, at the call and not at the first step. */
function checked(params: URLSearchParams): URLSearchParams {
  listOf(params);
  return params;
}

function pairsWhere(list: string[], keep: (name: string, value: string) => boolean): string[] {
  const kept: string[] = [];
  for (let index = 0; index < list.length; index += 2) {
    if (keep(list[index]!, list[index + 1]!)) kept.push(list[index]!, list[index + 1]!);
  }
  return kept;
}

function parseInit(init: ParamsInit): string[] {
  if ((typeof init !== "object" && typeof init !== "function") || init === null) {
    const query = `${init as string}`;
    return rust.parseQuery(query.charCodeAt(0) === 63 ? query.slice(1) : query);
  }
  const list: string[] = [];
  const iterator = (init as { [Symbol.iterator]?: unknown })[Symbol.iterator];
  if (iterator !== undefined && iterator !== null) {
    for (const pair of init as Iterable<Iterable<string>>) {
      if (typeof pair !== "object" || pair === null) throw new TypeError("each entry needs to be a pair of a name and a value");
      const [name, value, ...rest] = pair;
      if (value === undefined || name === undefined || rest.length > 0) throw new TypeError("each entry needs to be a pair of a name and a value");
      list.push(usvString(name), usvString(value));
    }
    return list;
  }
  // A record: a name that two keys become, as lone surrogates do, stands once, with the last value.
  for (const key of Reflect.ownKeys(init)) {
    if (!Object.prototype.propertyIsEnumerable.call(init, key)) continue;
    const name = usvString(key);
    const value = usvString((init as Record<string, string>)[key as string]);
    const at = list.findIndex((held, index) => index % 2 === 0 && held === name);
    if (at < 0) list.push(name, value);
    else list[at + 1] = value;
  }
  return list;
}

const iterate: (params: URLSearchParams, kind: "key" | "value" | "key+value") => IterableIterator<never> = pairIterators(
  "URLSearchParams",
  (params: URLSearchParams, index) => {
    const list = listOf(params);
    return 2 * index < list.length ? ([list[2 * index]!, list[2 * index + 1]!] as [string, string]) : undefined;
  },
);

describeInterface(URL, "URL");
describeInterface(URLSearchParams, "URLSearchParams");
Object.defineProperty(URLSearchParams.prototype, Symbol.iterator, { value: URLSearchParams.prototype.entries, configurable: true, writable: true });
