/** What `runner/web` does for the platform in Rust. Strings are USVStrings there: a lone surrogate counts as U+FFFD. */
export interface WebNatives {
  /** The runner's version. */
  readonly version: string;

  // --- URLs ---

  /** The URL's serialisation, the same string where nothing changes; undefined for what is no URL. */
  parseUrl(input: string, base?: string): string | undefined;
  /** The URL after one of its attributes was set: 0 protocol, username, password, host, hostname, 5 port, pathname, search, hash. */
  setUrl(href: string, attribute: number, value: string): string;
  /** `a=1&b=2` as [a, 1, b, 2]. */
  parseQuery(query: string): string[];
  writeQuery(list: string[]): string;
  /** The first value of that name in a URL's query; null without one. */
  queryValue(href: string, name: string): string | null;

  // --- Fields of HTTP ---

  /** In lower case; undefined for what is no name. */
  fieldName(name: string): string | undefined;
  /** Without white space around it; undefined for what is no value. */
  fieldValue(value: string): string | undefined;

  /** Names and values of a record, by turns; undefined if it is not as plain as most. */
  plainFields(record: object): string[] | undefined;

  // --- Text ---

  encode(text: string): Uint8Array<ArrayBuffer>;
  /** [UTF-16 units read, bytes written]. */
  encodeInto(text: string, target: Uint8Array): [read: number, written: number];
  /** 0 UTF-8, 1 UTF-16LE, 2 UTF-16BE, 3 windows-1252. Undefined for malformed bytes if `fatal`. A byte order mark stays. */
  decode(bytes: Uint8Array, encoding: number, fatal: boolean): string | undefined;

  // --- Forms ---

  /** [name, file name, content type, start, end] of each part, one after the other; undefined for what is no form. */
  parseMultipart(form: Uint8Array, boundary: string): (string | number | undefined)[] | undefined;
  /** A name as it stands between quotes in a part's head. */
  percentEncodeName(name: string): string;

  // --- Compression: "gzip", "deflate" or "deflate-raw". A piece gives what is ready; no piece gives the end ---

  deflater(format: string): Codec;
  /** Throws a TypeError for what is malformed, cut short, or goes on behind its end. */
  inflater(format: string): Codec;

  // --- Math.random ---

  /** Takes sixteen bytes; none takes the seed away. */
  seedRandom(seed: Uint8Array): void;
  /** -1 while there is no seed. */
  nextRandom(): number;
}

export type Codec = (piece?: Uint8Array) => Uint8Array<ArrayBuffer>;
