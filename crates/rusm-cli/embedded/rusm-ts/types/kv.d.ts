/** A key: 1 to 1,024 bytes; text as UTF-8. */
export type Key = string | Uint8Array;

/** A value; text as UTF-8. */
export type Value = string | Uint8Array;

/** How long a key is to live. */
export interface Lifetime {
  /** In milliseconds; for ever without. */
  ttl?: number;
}

/** Which keys to read, in which direction, and how many a page. */
export interface Scan {
  /** Keys that begin with this. */
  prefix?: Key;
  /** From this key on. */
  from?: Key;
  /** Up to this key, which is not among them. */
  to?: Key;
  /** From the last key to the first. */
  reverse?: boolean;
  /** At most so many a page: 1,000 unless set. A page holds 1 MiB at most in any case. */
  limit?: number;
  /** Only what comes after this key in the scan's direction, for the next page. */
  after?: Key;
}

/** A scan whose keys need not be text. */
export interface BytesScan extends Scan {
  keys: "bytes";
}

/** What a scan read. */
export interface Page<T> {
  /** In the scan's order. */
  items: T[];
  /** Whether there is more: `after` the last key goes on. */
  more: boolean;
}

/**
 * A bucket of keys and values, which all components share whose profile names it in `allow-storage`. It is there while it
 * has keys.
 *
 * What was written is on disk when the promise resolves, wholly, and every read that follows sees it. Failures are Errors
 * with the code `denied`, `no-store`, `invalid`, `busy` or `failed`.
 */
export interface Bucket {
  readonly name: string;
  /** The value of a key; null if it is not there. */
  get(key: Key): Promise<Uint8Array<ArrayBuffer> | null>;
  /** The same as text, which UTF-8 has to be. */
  getText(key: Key): Promise<string | null>;
  /** The same as JSON, as {@link setJson} writes it. Nothing checks that it is of the type that you say. */
  getJson<T = unknown>(key: Key): Promise<T | null>;
  exists(key: Key): Promise<boolean>;
  set(key: Key, value: Value, lifetime?: Lifetime): Promise<void>;
  setJson(key: Key, value: unknown, lifetime?: Lifetime): Promise<void>;
  /** Tells whether the key was there. */
  delete(key: Key): Promise<boolean>;
  /**
   * Sets the key to `next`, or deletes it if that is null, if its value is `expected` or, for null, it is absent. Tells
   * whether it was.
   */
  compareAndSet(key: Key, expected: Value | null, next: Value | null): Promise<boolean>;
  /**
   * Adds to a counter, 1 by default, and tells the sum. An absent key counts as 0; a time to live stays as it is unless
   * one is given. A counter is a value of decimal digits of 64 bits: beyond 2^53 count by bigints.
   */
  increment(key: Key, by?: number, lifetime?: Lifetime): Promise<number>;
  increment(key: Key, by: bigint, lifetime?: Lifetime): Promise<bigint>;
  /** How many milliseconds a key has left; Infinity for one that stays, null for one that is not there. */
  ttl(key: Key): Promise<number | null>;
  /** The first page of keys, which are all if it says that there are no more. */
  list(scan?: Scan): Promise<Page<string>>;
  list(scan: BytesScan): Promise<Page<Uint8Array>>;
  /** The first page of keys with their values. */
  scan(scan?: Scan): Promise<Page<[key: string, value: Uint8Array]>>;
  scan(scan: BytesScan): Promise<Page<[key: Uint8Array, value: Uint8Array]>>;
  /** Every key of a scan, read page by page as they are asked for. Others may write meanwhile. */
  keys(scan?: Scan): AsyncIterable<string>;
  keys(scan: BytesScan): AsyncIterable<Uint8Array>;
  /** Every key of a scan with its value, read page by page as they are asked for. Others may write meanwhile. */
  entries(scan?: Scan): AsyncIterable<[key: string, value: Uint8Array]>;
  entries(scan: BytesScan): AsyncIterable<[key: Uint8Array, value: Uint8Array]>;
  /** How many keys there are. */
  count(): Promise<number>;
  /** Deletes every key, and tells how many there were. */
  clear(): Promise<number>;
}

/** Changes that happen all or not at all, in the order given. */
export interface Batch {
  /** Changes nothing unless the key has this value or, for null, is absent. */
  expect(bucket: string, key: Key, value: Value | null): this;
  set(bucket: string, key: Key, value: Value, lifetime?: Lifetime): this;
  delete(bucket: string, key: Key): this;
  /** Does it, and tells whether every expectation was met; otherwise nothing was changed. */
  write(): Promise<boolean>;
}

/** The node's durable store: buckets of keys and values that survive its end. */
export interface Kv {
  /** A bucket. Whether it may be used shows at the first use. */
  bucket(name: string): Bucket;
  /** {@link Bucket.get} of a bucket, and so on. */
  get(bucket: string, key: Key): Promise<Uint8Array<ArrayBuffer> | null>;
  getText(bucket: string, key: Key): Promise<string | null>;
  getJson<T = unknown>(bucket: string, key: Key): Promise<T | null>;
  exists(bucket: string, key: Key): Promise<boolean>;
  set(bucket: string, key: Key, value: Value, lifetime?: Lifetime): Promise<void>;
  setJson(bucket: string, key: Key, value: unknown, lifetime?: Lifetime): Promise<void>;
  delete(bucket: string, key: Key): Promise<boolean>;
  list(bucket: string, scan?: Scan): Promise<Page<string>>;
  /** The buckets that have keys and that the profile names, with their number of keys. */
  buckets(): Promise<[name: string, keys: number][]>;
  /**
   * ```ts
   * const moved = await kv.batch()
   *   .expect("accounts", "ann", "100")
   *   .set("accounts", "ann", "60")
   *   .set("accounts", "bob", "40")
   *   .write();
   * ```
   */
  batch(): Batch;
}

/** The node's durable store; the global `kv` is the same object. */
export declare const kv: Kv;
