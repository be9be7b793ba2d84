import type { Bytes, ExitReason, Mail, Native, Scan, SocketEvent, Source } from "../../native";
import { actorRuntime, shapeOf, type ActorRuntime } from "../index";

const utf8 = new TextEncoder();
const bytesOf = (bytes: Bytes): Uint8Array => (typeof bytes === "string" ? utf8.encode(bytes) : bytes.slice());

function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** A bundle, with what its process exports to it. */
export type Bundle = (rusm: ActorRuntime["exports"]) => Record<string, unknown>;

/** A node as processes see it, without one: mailboxes, monitors, names, streams and a store, in one thread. */
export class MockNode {
  readonly processes = new Map<bigint, MockProcess>();
  readonly components = new Map<string, Bundle>();
  readonly names = new Map<string, bigint>();
  readonly groups = new Map<string, bigint[]>();
  readonly buckets = new Map<string, Map<string, Uint8Array>>();
  readonly streams = new Map<number, MockStream>();
  next = (1n << 48n) + 1n;
  unique = 1n;

  /** Starts a bundle's body. */
  start(bundle: Bundle, argument: Bytes = "", name?: string): MockProcess {
    const process = new MockProcess(this, bytesOf(argument));
    if (name !== undefined) this.names.set(name, process.pid);
    const shape = shapeOf(bundle(process.rusm));
    process.runs(process.runtime.run(shape));
    return process;
  }

  /** A process whose code is that of the test. */
  bare(): MockProcess {
    return new MockProcess(this, new Uint8Array());
  }

  deliver(to: bigint, mail: Mail): void {
    const process = this.processes.get(to);
    process?.mailbox.push(mail);
    process?.kick();
  }
}

interface MockStream {
  chunks: Uint8Array[];
  state: "open" | "closed" | "aborted";
  read: boolean;
  reader: MockProcess | undefined;
}

export class MockProcess {
  readonly pid: bigint;
  readonly mailbox: Mail[] = [];
  readonly socket: SocketEvent[] = [];
  readonly sent: (string | Uint8Array)[] = [];
  readonly printed: string[] = [];
  /** Messages that went out, as text. */
  readonly log: [to: bigint, body: string][] = [];
  readonly monitors = new Map<bigint, { of: bigint; by: MockProcess }>();
  readonly #waiting = new Map<number, { source: Source; callback: () => void }>();
  #nextWaiting = 1;
  alive = true;
  readonly native: Native;
  readonly runtime: ActorRuntime;
  ended!: (reason: ExitReason) => void;
  readonly exit = new Promise<ExitReason>((resolve) => (this.ended = resolve));

  constructor(
    readonly node: MockNode,
    argument: Uint8Array,
  ) {
    this.pid = node.next++;
    node.processes.set(this.pid, this);
    this.native = this.#natives(argument);
    this.runtime = actorRuntime(this.native, {
      after: (callback, ms) => Number(setTimeout(() => this.alive && callback(), ms)),
      cancel: (timer) => clearTimeout(timer),
      request: (target) => new Request(`http://localhost${target}`, { headers: this.native.requestHeaders() }),
      show: (error) => String(error),
    });
  }

  get rusm(): ActorRuntime["exports"] {
    return this.runtime.exports;
  }

  /** How many wait for something. */
  get waits(): number {
    return this.#waiting.size;
  }

  runs(body: Promise<void>): void {
    body.then(
      () => this.end({ kind: "normal" }),
      (error: unknown) => this.end({ kind: "crashed", text: String(error) }),
    );
  }

  end(reason: ExitReason): void {
    if (!this.alive) return;
    this.alive = false;
    this.#waiting.clear();
    const { node } = this;
    node.processes.delete(this.pid);
    for (const [name, pid] of node.names) if (pid === this.pid) node.names.delete(name);
    for (const process of node.processes.values()) {
      for (const [monitor, { of }] of process.monitors) {
        if (of === this.pid) {
          process.monitors.delete(monitor);
          node.deliver(process.pid, { kind: "down", monitor, pid: this.pid, reason });
        }
      }
    }
    this.ended(reason);
  }

  kick(): void {
    for (const [number, { source, callback }] of this.#waiting) {
      if (this.#isReady(source)) {
        this.#waiting.delete(number);
        setImmediate(() => this.alive && callback());
      }
    }
  }

  #isReady(source: Source): boolean {
    switch (source[0]) {
      case "mail":
        return this.mailbox.length > 0;
      case "socket":
        return this.mailbox.length > 0 || this.socket.length > 0;
      case "stream": {
        const stream = this.node.streams.get(source[1])!;
        return stream.chunks.length > 0 || stream.state !== "open";
      }
      default:
        throw new Error(`nothing waits for ${source[0]} here`);
    }
  }

  #monitor(of: bigint): bigint {
    const monitor = this.node.unique++;
    if (this.node.processes.has(of)) {
      this.monitors.set(monitor, { of, by: this });
    } else {
      this.node.deliver(this.pid, { kind: "down", monitor, pid: of, reason: { kind: "no-process" } });
    }
    return monitor;
  }

  #natives(argument: Uint8Array): Native {
    const { node, pid } = this;
    const timers = new Map<bigint, ReturnType<typeof setTimeout>>();
    const later = (work: () => void, start: typeof setTimeout | typeof setInterval, ms: number): bigint => {
      const timer = node.unique++;
      timers.set(
        timer,
        start(() => this.alive && work(), ms),
      );
      return timer;
    };
    const bucket = (name: string): Map<string, Uint8Array> => {
      if (name === "denied") throw coded("denied", "`allow-storage` does not name it");
      if (!node.buckets.has(name)) node.buckets.set(name, new Map());
      return node.buckets.get(name)!;
    };
    const key = (bytes: Bytes): string => Buffer.from(bytesOf(bytes)).toString("latin1");
    const back = (key: string): Uint8Array => new Uint8Array(Buffer.from(key, "latin1"));
    const scan = (name: string, scan: Scan): { keys: string[]; more: boolean } => {
      let keys = [...bucket(name).keys()].sort();
      if (scan.prefix !== undefined) keys = keys.filter((k) => k.startsWith(key(scan.prefix!)));
      if (scan.from !== undefined) keys = keys.filter((k) => k >= key(scan.from![0]));
      if (scan.to !== undefined) keys = keys.filter((k) => k < key(scan.to![0]));
      if (scan.reverse) keys.reverse();
      if (scan.after !== undefined) {
        const after = key(scan.after);
        keys = keys.filter((k) => (scan.reverse ? k < after : k > after));
      }
      return { keys: keys.slice(0, scan.limit), more: keys.length > scan.limit };
    };
    const natives: Partial<Native> = {
      imaging: () => false,
      print: (text) => void this.printed.push(text),
      utf8(bytes) {
        try {
          return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
        } catch {
          return undefined;
        }
      },
      whenReady: (source, callback) => {
        const number = this.#nextWaiting++;
        this.#waiting.set(number, { source, callback });
        this.kick();
        return number;
      },
      forget: (number) => void this.#waiting.delete(number),

      requestHeaders: () => [["user-agent", "test"]],
      remoteAddress: () => "127.0.0.1:4000",
      requestTarget: () => "/rooms/chat?who=ann",
      requestParams: () => [["room", "chat"]],
      tryNextSocket: () => {
        const mail = this.mailbox.shift();
        return mail === undefined ? this.socket.shift() : { kind: "mail", mail };
      },
      sendText: (text) => this.sent.push(text) > 0,
      sendBinary: (bytes) => this.sent.push(bytes.slice()) > 0,
      closeSocket: (code, reason) => {
        this.socket.push({ kind: "closed", code: code!, reason: reason! });
        this.kick();
        return true;
      },
      subprotocol: () => undefined,

      ownPid: () => pid,
      argument: () => argument,
      spawn: (component, argument, { monitor }) => {
        const bundle = node.components.get(component);
        if (bundle === undefined) throw coded("no-component", `no component \`${component}\``);
        const process = node.start(bundle, argument);
        return monitor === true ? { pid: process.pid, monitor: this.#monitor(process.pid) } : { pid: process.pid };
      },
      send: (to, body) => {
        if (!this.alive) return; // Its code goes on here, as that of a process would not.
        const bytes = bytesOf(body);
        if (bytes.length > 16 << 20) throw coded("too-long", "a message is at most 16777216 bytes");
        this.log.push([to, Buffer.from(bytes).toString()]);
        node.deliver(to, { kind: "message", sender: pid, body: bytes });
      },
      tryReceive: () => this.mailbox.shift(),
      monitor: (other) => this.#monitor(other),
      awaitAnswer: (other) => this.#monitor(other),
      demonitor: (monitor) => void this.monitors.delete(monitor),
      isAlive: (other) => node.processes.has(other),
      register: (name) => void node.names.set(name, pid),
      unregister: (name) => node.names.delete(name),
      whereis: (name) => node.names.get(name),
      kill: (other) => node.processes.get(other)?.end({ kind: "killed" }),
      info: (other) => {
        if (!node.processes.has(other)) return undefined;
        const none: bigint[] = [];
        return {
          pid: other,
          names: [],
          groups: [],
          mailbox: 0,
          links: [pid],
          monitors: none,
          monitoredBy: none,
          trapExit: false,
          reductions: 1,
        };
      },
      list: () => [...node.processes.keys()],
      exitSelf: (reason) => {
        this.end(reason);
        throw new Error("ended");
      },

      sendAfter: (delay, to, body) => later(() => natives.send!(to, body), setTimeout, delay),
      sendInterval: (period, to, body) => later(() => natives.send!(to, body), setInterval, period),
      cancelTimer: (timer) => {
        clearTimeout(timers.get(timer));
        return timers.delete(timer) ? 1 : undefined;
      },
      joinGroup: (group) => void node.groups.set(group, [...(node.groups.get(group) ?? []), pid]),
      groupMembers: (group) => node.groups.get(group) ?? [],
      groups: () => [...node.groups.keys()],
      broadcast: (group, body) => {
        const others = (node.groups.get(group) ?? []).filter((member) => member !== pid);
        for (const member of others) natives.send!(member, body);
        return others.length;
      },

      openStream: (to) => {
        const number = Number(node.unique++);
        const reader = node.processes.get(to);
        node.streams.set(number, { chunks: [], state: "open", read: reader !== undefined, reader });
        node.deliver(to, { kind: "stream", sender: pid, reader: number });
        return number;
      },
      writeStream: (number, bytes) => {
        const stream = node.streams.get(number)!;
        if (!stream.read) return -1;
        if (bytes.length > 0) stream.chunks.push(bytes.slice());
        stream.reader?.kick();
        return bytes.length;
      },
      closeStream: (number) => {
        const stream = node.streams.get(number)!;
        stream.state = "closed";
        stream.reader?.kick();
      },
      tryReadStream: (number) => {
        const stream = node.streams.get(number)!;
        const bytes = stream.chunks.shift();
        if (bytes !== undefined) return bytes;
        if (stream.state === "aborted") throw new Error("the writer of this stream went away before it was done");
        return stream.state === "closed" ? null : undefined;
      },
      dropStream: (number) => {
        const stream = node.streams.get(number)!;
        if (stream.reader === this) stream.read = false;
        else stream.state = "aborted";
        stream.reader?.kick();
      },

      kvGet: (name, k) => bucket(name).get(key(k)),
      kvExists: (name, k) => bucket(name).has(key(k)),
      kvSet: (name, k, value) => void bucket(name).set(key(k), bytesOf(value)),
      kvDelete: (name, k) => bucket(name).delete(key(k)),
      kvCompareAndSet: (name, k, expected, next) => {
        const value = bucket(name).get(key(k));
        const same =
          expected === undefined
            ? value === undefined
            : value !== undefined && Buffer.compare(bytesOf(expected), value) === 0;
        if (same && next !== undefined) bucket(name).set(key(k), bytesOf(next));
        if (same && next === undefined) bucket(name).delete(key(k));
        return same;
      },
      kvIncrement: (name, k, by) => {
        const sum = BigInt(Buffer.from(bucket(name).get(key(k)) ?? utf8.encode("0")).toString()) + by;
        bucket(name).set(key(k), utf8.encode(sum.toString()));
        return sum;
      },
      kvTtl: (name, k) => (bucket(name).has(key(k)) ? Infinity : undefined),
      kvKeys: (name, part) => {
        const { keys, more } = scan(name, part);
        return { keys: keys.map(back), more };
      },
      kvEntries: (name, part) => {
        const { keys, more } = scan(name, part);
        return { entries: keys.map((k) => [back(k), bucket(name).get(k)!]), more };
      },
      kvCount: (name) => bucket(name).size,
      kvClear: (name) => {
        const { size } = bucket(name);
        node.buckets.delete(name);
        return size;
      },
      kvBuckets: () => [...node.buckets].map(([name, keys]) => [name, keys.size]),
      kvBatch: (changes) => {
        for (const change of changes) {
          if (change.kind !== "expect") continue;
          const value = natives.kvGet!(change.bucket, change.key);
          const wanted = change.value === undefined ? undefined : bytesOf(change.value);
          if (Buffer.compare(value ?? utf8.encode("absent"), wanted ?? utf8.encode("absent")) !== 0) return false;
        }
        for (const change of changes) {
          if (change.kind === "set") natives.kvSet!(change.bucket, change.key, change.value);
          if (change.kind === "delete") natives.kvDelete!(change.bucket, change.key);
        }
        return true;
      },
      callAction: (component, action, { method, target, body }) => ({
        status: 201,
        headers: [["x-called", `${component}#${action} ${method} ${target}`]],
        body,
      }),
    };
    return natives as Native;
  }
}
