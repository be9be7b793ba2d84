import type { Batch, Bucket, Key, Kv, Lifetime, Page, Scan, Value } from "../../../sdk/rusm-ts/index.js";
import type * as native from "../native";
import type { Host } from "./host";

/** How many keys a page has unless it is said. */
const PAGE = 1_000;

type Options = Scan & { keys?: "bytes" };

/** The store as a process sees it. */
export function makeKv(host: Host): Kv {
  const { native } = host;
  const bucket = (name: string): BucketOf => new BucketOf(host, name);
  return {
    bucket: (name) => bucket(name) as Bucket,
    get: (name, key) => bucket(name).get(key),
    getText: (name, key) => bucket(name).getText(key),
    getJson: <T>(name: string, key: Key) => bucket(name).getJson(key) as Promise<T | null>,
    exists: (name, key) => bucket(name).exists(key),
    set: (name, key, value, lifetime) => bucket(name).set(key, value, lifetime),
    setJson: (name, key, value, lifetime) => bucket(name).setJson(key, value, lifetime),
    delete: (name, key) => bucket(name).delete(key),
    list: (name, scan) => bucket(name).list(scan) as Promise<Page<string>>,
    buckets: async () => native.kvBuckets(),
    batch: () => new Changes(host),
  };
}

// The host's functions suspend the process while the disk works; that they are promises here leaves it open to do other
// work meanwhile, and has failures reach whoever awaits.
class BucketOf implements Record<keyof Bucket, unknown> {
  readonly #host: Host;

  constructor(
    host: Host,
    readonly name: string,
  ) {
    this.#host = host;
  }

  async get(key: Key): Promise<Uint8Array<ArrayBuffer> | null> {
    return (this.#host.native.kvGet(this.name, key) as Uint8Array<ArrayBuffer> | undefined) ?? null;
  }

  async getText(key: Key): Promise<string | null> {
    const value = this.#host.native.kvGet(this.name, key);
    return value === undefined ? null : textOf(this.#host, value, `the value of ${shown(key)}`);
  }

  async getJson(key: Key): Promise<unknown> {
    const text = await this.getText(key);
    if (text === null) {
      return null;
    }
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      throw invalid(
        `the value of ${shown(key)} in the bucket \`${this.name}\` is no JSON: ${(error as Error).message}`,
      );
    }
  }

  async exists(key: Key): Promise<boolean> {
    return this.#host.native.kvExists(this.name, key);
  }

  async set(key: Key, value: Value, lifetime?: Lifetime): Promise<void> {
    this.#host.native.kvSet(this.name, key, value, lifetime?.ttl);
  }

  async setJson(key: Key, value: unknown, lifetime?: Lifetime): Promise<void> {
    const text = JSON.stringify(value) as string | undefined;
    if (text === undefined) {
      throw invalid(`the value for ${shown(key)} is nothing that JSON has`);
    }
    return this.set(key, text, lifetime);
  }

  async delete(key: Key): Promise<boolean> {
    return this.#host.native.kvDelete(this.name, key);
  }

  async compareAndSet(key: Key, expected: Value | null, next: Value | null): Promise<boolean> {
    return this.#host.native.kvCompareAndSet(this.name, key, expected ?? undefined, next ?? undefined);
  }

  async increment(key: Key, by: number | bigint = 1, lifetime?: Lifetime): Promise<number | bigint> {
    const sum = this.#host.native.kvIncrement(this.name, key, BigInt(by), lifetime?.ttl);
    return typeof by === "bigint" ? sum : Number(sum);
  }

  async ttl(key: Key): Promise<number | null> {
    return this.#host.native.kvTtl(this.name, key) ?? null;
  }

  async list(scan: Options = {}): Promise<Page<Key>> {
    const { keys, more } = this.#host.native.kvKeys(this.name, partOf(scan));
    return { items: keys.map((key) => this.#key(scan, key)), more };
  }

  async scan(scan: Options = {}): Promise<Page<[Key, Uint8Array]>> {
    const { entries, more } = this.#host.native.kvEntries(this.name, partOf(scan));
    return { items: entries.map(([key, value]) => [this.#key(scan, key), value]), more };
  }

  #key(scan: Options, key: Uint8Array): Key {
    return scan.keys === "bytes" ? key : textOf(this.#host, key, "a key");
  }

  async *keys(scan: Options = {}): AsyncGenerator<Key, void, undefined> {
    yield* pages(
      (after) => this.list({ ...scan, ...after }),
      (key) => key,
    );
  }

  async *entries(scan: Options = {}): AsyncGenerator<[Key, Uint8Array], void, undefined> {
    yield* pages(
      (after) => this.scan({ ...scan, ...after }),
      ([key]) => key,
    );
  }

  async count(): Promise<number> {
    return this.#host.native.kvCount(this.name);
  }

  async clear(): Promise<number> {
    return this.#host.native.kvClear(this.name);
  }
}

/** Page after page, each from the last key of the one before. */
async function* pages<T>(
  read: (after: { after?: Key }) => Promise<Page<T>>,
  keyOf: (item: T) => Key,
): AsyncGenerator<T, void, undefined> {
  let after: { after?: Key } = {};
  for (;;) {
    const { items, more } = await read(after);
    yield* items;
    const last = items.at(-1);
    if (!more || last === undefined) {
      return;
    }
    after = { after: keyOf(last) };
  }
}

class Changes implements Batch {
  readonly #host: Host;
  readonly #changes: native.Change[] = [];

  constructor(host: Host) {
    this.#host = host;
  }

  expect(bucket: string, key: Key, value: Value | null): this {
    this.#changes.push({ kind: "expect", bucket, key, value: value ?? undefined });
    return this;
  }

  set(bucket: string, key: Key, value: Value, lifetime?: Lifetime): this {
    const change = { kind: "set", bucket, key, value } as const;
    this.#changes.push(lifetime?.ttl === undefined ? change : { ...change, ttl: lifetime.ttl });
    return this;
  }

  delete(bucket: string, key: Key): this {
    this.#changes.push({ kind: "delete", bucket, key });
    return this;
  }

  async write(): Promise<boolean> {
    return this.#host.native.kvBatch(this.#changes);
  }
}

function partOf(scan: Options): native.Scan {
  const { prefix, from, to, after, reverse = false, limit = PAGE } = scan;
  if (prefix !== undefined && (from !== undefined || to !== undefined)) {
    throw invalid("a scan is of a prefix or of a range, not of both");
  }
  const part: native.Scan = { reverse, limit };
  if (prefix !== undefined) {
    part.prefix = prefix;
  }
  if (from !== undefined) {
    part.from = [from, true];
  }
  if (to !== undefined) {
    part.to = [to, false];
  }
  if (after !== undefined) {
    part.after = after;
  }
  return part;
}

function textOf(host: Host, bytes: Uint8Array, what: string): string {
  const text = host.native.utf8(bytes);
  if (text === undefined) {
    throw invalid(`${what} is no UTF-8: read it as bytes`);
  }
  return text;
}

function shown(key: Key): string {
  return typeof key === "string" ? JSON.stringify(key) : `a key of ${key.length} bytes`;
}

function invalid(text: string): Error {
  return Object.assign(new Error(text), { code: "invalid" });
}
