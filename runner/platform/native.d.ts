/**
 * What the runner's Rust side gives to its JavaScript side. A bundle never sees this object: what it could do with it,
 * its profile's grants say on the host's side of the sandbox anyway, but it would be no interface to promise.
 *
 * Functions whose name begins with `try` never wait: they return `undefined` for "not yet", and `whenReady` tells when to
 * ask again. All others return when the work is done; some of them suspend the whole process meanwhile.
 *
 * What the host refuses is thrown as an Error whose `code` is the host's own word for it (`denied`, `no-component`,
 * `too-long`, `taken`, ...) and whose message says what to do. All that concerns processes, the store or the network throws
 * an Error while the bundle is being evaluated: there is no process yet.
 */
export interface Native {
  // --- Time and chance ---

  /** Milliseconds since 1970, with fractions. */
  now(): number;
  /** Milliseconds since an arbitrary moment, with fractions; it never goes back. */
  monotonic(): number;
  /** Fills it with random bytes of cryptographic quality. Throws an Error while the bundle is being evaluated. */
  random(view: Uint8Array): void;
  /** Whether the bundle is being evaluated, once for all processes that begin from there. */
  imaging(): boolean;

  // --- What a component prints, and the environment that it is granted ---

  /** Writes a line to the node's standard error, if the profile allows it. */
  print(text: string): void;
  env(): [name: string, value: string][];

  // --- Text ---

  /** The text of UTF-8; undefined if it is none. */
  utf8(bytes: Uint8Array): string | undefined;

  // --- Waiting ---

  /**
   * Calls back once, from the event loop, when the source is worth asking again. A waiting callback keeps the process
   * alive; its number takes it back.
   */
  whenReady(source: Source, callback: () => void): number;
  forget(waiting: number): void;

  // --- The request that the process was made for ---

  /** Names are lower-case; each byte of a value is one character (isomorphic decoding). */
  requestHeaders(): [name: string, value: string][];
  /** The value of the header Host alone, since every handler that looks at the request's URL needs it; undefined without one. */
  requestAuthority(): string | undefined;
  /** What has arrived of the body. Null at the end. Throws if the client went away. */
  tryReadRequest(max: number): Uint8Array | null | undefined;
  remoteAddress(): string | undefined;
  /** The path and query as they arrived, for a process that holds a connection. */
  requestTarget(): string;
  requestParams(): [name: string, value: string][];
  /** Begins the reply; headers are names and values by turns. Throws a TypeError with the reason for what HTTP does not allow. */
  startReply(status: number, headers: string[]): void;
  /** Writes from the front of these and tells how many bytes; suspends the process while the client takes none. -1 when it has gone. */
  writeReply(bytes: Uint8Array): number;

  // --- The WebSocket that the process holds ---

  tryNextSocket(): SocketEvent | undefined;
  /** False when the connection is over or closing. */
  sendText(text: string): boolean;
  sendBinary(bytes: Uint8Array): boolean;
  /** Throws a RangeError for a code or reason that is none. */
  closeSocket(code?: number, reason?: string): boolean;
  subprotocol(): string | undefined;

  // --- Processes. Pids are bigints; times are milliseconds ---

  ownPid(): bigint;
  spawn(component: string, argument: Bytes, options: { label?: string; link?: boolean; monitor?: boolean }): { pid: bigint; monitor?: bigint };
  argument(): Uint8Array;
  send(to: bigint, body: Bytes): void;
  tryReceive(): Mail | undefined;
  link(other: bigint): void;
  unlink(other: bigint): void;
  monitor(other: bigint): bigint;
  demonitor(monitor: bigint): void;
  awaitAnswer(callee: bigint): bigint;
  trapExit(on: boolean): boolean;
  exit(to: bigint, reason: ExitReason): void;
  kill(other: bigint): void;
  exitSelf(reason: ExitReason): never;
  isAlive(other: bigint): boolean;
  register(name: string): void;
  unregister(name: string): boolean;
  whereis(name: string): bigint | undefined;
  info(other: bigint): ProcessInfo | undefined;
  list(): bigint[];
  setLabel(label: string): void;

  sendAfter(delay: number, to: bigint, body: Bytes): bigint;
  sendInterval(period: number, to: bigint, body: Bytes): bigint;
  /** The milliseconds that were left. */
  cancelTimer(timer: bigint): number | undefined;
  readTimer(timer: bigint): number | undefined;

  joinGroup(group: string): void;
  leaveGroup(group: string): boolean;
  groupMembers(group: string): bigint[];
  groups(): string[];
  broadcast(group: string, body: Bytes): number;

  /** Opens a stream to a process; the number stands for the end to write to. */
  openStream(to: bigint): number;
  /** How many bytes from the front of these; suspends the process while there is no room. -1 when nobody reads any more. */
  writeStream(writer: number, bytes: Uint8Array): number;
  closeStream(writer: number): void;
  /** Null at the clean end. Throws when the writer went away before it was done. */
  tryReadStream(reader: number, max: number): Uint8Array | null | undefined;
  /** Drops either end. */
  dropStream(end: number): void;

  // --- Actions of handlers components ---

  callAction(component: string, action: string, call: { method: string; target: string; params: [string, string][]; headers: [string, string][]; body: Uint8Array }, timeout: number): { status: number; headers: [string, string][]; body: Uint8Array };

  // --- The store ---

  kvGet(bucket: string, key: Bytes): Uint8Array | undefined;
  kvExists(bucket: string, key: Bytes): boolean;
  kvSet(bucket: string, key: Bytes, value: Bytes, ttl?: number): void;
  kvDelete(bucket: string, key: Bytes): boolean;
  kvCompareAndSet(bucket: string, key: Bytes, expected: Bytes | undefined, next: Bytes | undefined): boolean;
  kvIncrement(bucket: string, key: Bytes, by: bigint, ttl?: number): bigint;
  /** Infinity for one that stays. */
  kvTtl(bucket: string, key: Bytes): number | undefined;
  kvKeys(bucket: string, scan: Scan): { keys: Uint8Array[]; more: boolean };
  kvEntries(bucket: string, scan: Scan): { entries: [Uint8Array, Uint8Array][]; more: boolean };
  kvCount(bucket: string): number;
  kvClear(bucket: string): number;
  kvBuckets(): [name: string, keys: number][];
  kvBatch(changes: Change[]): boolean;

  // --- Outbound HTTP. A number stands for an exchange. Failures are Errors whose message says why ---

  /** Begins an exchange. With `streams` its body is written piece by piece and ended. */
  startFetch(method: string, url: string, headers: [name: string, value: string][], body: Uint8Array | undefined, streams: boolean): number;
  /** How many bytes from the front of these were taken. */
  tryWriteFetch(exchange: number, bytes: Uint8Array): number | undefined;
  endFetch(exchange: number): void;
  tryResponse(exchange: number): { status: number; headers: [name: string, value: string][] } | undefined;
  tryReadFetch(exchange: number, max: number): Uint8Array | null | undefined;
  /** Ends it, wherever it is. */
  dropFetch(exchange: number): void;
}

/** A string stands for its UTF-8. */
export type Bytes = string | Uint8Array;

export type Source =
  | ["mail"]
  | ["socket"]
  | ["request"]
  | ["stream", reader: number]
  | ["response", exchange: number]
  | ["fetch-read", exchange: number]
  | ["fetch-write", exchange: number];

export type ExitReason =
  | { kind: "normal" | "shutdown" | "killed" | "no-process" }
  | { kind: "shutdown" | "crashed"; text: string };

export type Mail =
  | { kind: "message"; sender: bigint; body: Uint8Array }
  | { kind: "down"; monitor: bigint; pid: bigint; reason: ExitReason }
  | { kind: "exit"; sender: bigint; reason: ExitReason }
  | { kind: "stream"; sender: bigint; reader: number };

export type SocketEvent =
  | { kind: "text"; text: string }
  | { kind: "binary"; bytes: Uint8Array }
  | { kind: "mail"; mail: Mail }
  | { kind: "closed"; code?: number; reason?: string };

export interface ProcessInfo {
  pid: bigint;
  label?: string;
  names: string[];
  groups: string[];
  mailbox: number;
  links: bigint[];
  monitors: bigint[];
  monitoredBy: bigint[];
  trapExit: boolean;
  reductions: number;
}

/** Keys of a prefix, or of a range; a bound is [key, included]. */
export interface Scan {
  prefix?: Bytes;
  from?: [Bytes, boolean];
  to?: [Bytes, boolean];
  reverse: boolean;
  limit: number;
  after?: Bytes;
}

export type Change =
  | { kind: "expect"; bucket: string; key: Bytes; value: Bytes | undefined }
  | { kind: "set"; bucket: string; key: Bytes; value: Bytes; ttl?: number }
  | { kind: "delete"; bucket: string; key: Bytes };
