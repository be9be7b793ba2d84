// What one process does with others, one case for each path. `worker` is in TypeScript, `rustic` is the worker of
// `tests/apps/actors`, and `mirror` its echo: both in Rust.
import { Pid, Process, kv, type FetchContext, type Mail } from "rusm-ts";

const PATIENCE = 60_000;

async function message<T = unknown>(from?: Pid): Promise<T> {
  const mail = await Process.receiveMatch((mail) => mail.kind === "message" && (from === undefined || mail.from === from), PATIENCE);
  if (mail?.kind !== "message") throw new Error("no message came");
  return mail.value as T;
}

async function ended(pid: Pid): Promise<unknown> {
  const mail = await Process.receiveMatch((mail) => mail.kind === "down" && mail.pid === pid, PATIENCE);
  if (mail?.kind !== "down") throw new Error("it did not end");
  return mail.reason;
}

const worker = (job: string, more?: unknown) =>
  Process.spawn("worker", { argument: { do: job, tell: Process.self(), more }, monitor: true });
const rustic = (job: unknown) => Process.spawn("rustic", { argument: job, monitor: true });

async function thrown(work: () => unknown): Promise<string> {
  try {
    await work();
    return "nothing";
  } catch (error) {
    return `${(error as { code?: string }).code ?? (error as Error).name}`;
  }
}

async function sumOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  let [length, sum] = [0, 0];
  try {
    for await (const bytes of stream) {
      length += bytes.length;
      for (const byte of bytes) sum += byte;
    }
    return `${length} bytes, sum ${sum}, the end`;
  } catch (error) {
    return `${length} bytes, ${(error as { code?: string }).code}`;
  }
}

const cases: Record<string, () => unknown> = {
  async receive() {
    const own = Process.self();
    for (let n = 0; n < 5; n++) Process.send(own, n);
    const third = await Process.receiveMatch((mail) => mail.kind === "message" && mail.value === 3);
    const rest: unknown[] = [(third as { value: unknown }).value];
    for (let mail: Mail | null; (mail = await Process.receive(0)) !== null; ) rest.push((mail as { value: unknown }).value);
    return [rest, await Process.receive(20), await Process.receiveMessage(0)];
  },
  async timeout() {
    const before = performance.now();
    const mail = await Process.receive(50);
    return [mail, performance.now() - before >= 49];
  },
  /** Timers run while mail is waited for. */
  async beside() {
    let ran = 0;
    const interval = setInterval(() => ran++, 2);
    const mail = await Process.receive(60);
    clearInterval(interval);
    return [mail, ran > 2];
  },
  async bytes() {
    Process.sendBytes(Process.self(), new Uint8Array([0, 255, 10]));
    const mail = await Process.receiveMessage();
    return [[...mail.bytes], mail.from === Process.self(), await thrown(() => mail.value)];
  },
  async unsendable() {
    const own = Process.self();
    const cyclic: Record<string, unknown> = {};
    cyclic["self"] = cyclic;
    const values = [new Map(), new Set(), () => {}, Symbol("s"), Promise.resolve(), new Error("e"), cyclic, { deep: [new Map()] }];
    const all = [];
    for (const value of values) all.push(await thrown(() => Process.send(own, value)));
    all.push(await thrown(() => Process.sendBytes(own, new Uint8Array(17 << 20))));
    return [all, await Process.receive(0)];
  },
  async full() {
    let sent = 0;
    const code = await thrown(() => {
      for (;;) {
        Process.send(Process.self(), sent);
        sent += 1;
      }
    });
    return [sent, code];
  },

  async worker() {
    const { pid } = worker("say", { deep: [1, null, "κόσμε"] });
    return [await message(pid), await ended(pid)];
  },
  async ends() {
    const all = [];
    for (const job of ["nothing", "throw", "unheard", "exit", "shutdown", "sing"]) all.push(await ended(worker(job).pid));
    return all;
  },
  async kill() {
    const { pid } = worker("idle");
    const alive = Process.isAlive(pid);
    Process.kill(pid);
    return [alive, await ended(pid), Process.isAlive(pid)];
  },
  /** A loop without an end is no shelter. */
  async "kill-endless"() {
    const { pid } = worker("endless");
    await Process.receive(20);
    Process.kill(pid);
    return ended(pid);
  },
  async names() {
    const { pid } = worker("named", "someone");
    const all: unknown[] = [await message(pid), Process.whereis("someone") === pid, Process.whereis("nobody")];
    all.push(await thrown(() => Process.register("someone")), await thrown(() => Process.register("mirror")));
    Process.send(pid, "go");
    await ended(pid);
    all.push(Process.whereis("someone"));
    Process.register("me");
    all.push(Process.unregister("me"), Process.unregister("me"));
    return all;
  },
  async links() {
    Process.trapExit(true);
    const { pid } = Process.spawn("worker", { argument: { do: "throw" }, link: true });
    const mail = await Process.receiveMatch((mail) => mail.kind === "exit", PATIENCE);
    return mail?.kind === "exit" && [mail.from === pid, mail.reason.kind];
  },
  async signals() {
    const { pid } = worker("trapping");
    await message(pid);
    Process.exit(pid, { kind: "shutdown", text: "please" });
    const heard = await message(pid);
    Process.exit(pid, { kind: "killed" });
    return [heard, await message(pid)];
  },
  async monitor() {
    const { pid, monitor } = worker("idle");
    const second = Process.monitor(pid);
    Process.demonitor(monitor!);
    Process.kill(pid);
    const mail = await Process.receive(PATIENCE);
    const dead = Process.monitor(pid);
    const again = await Process.receive(PATIENCE);
    return [mail?.kind === "down" && mail.monitor === second, again?.kind === "down" && [again.monitor === dead, again.reason]];
  },
  async groups() {
    const members = [worker("member", "choir"), worker("member", "choir")];
    for (const { pid } of members) await message(pid);
    Process.join("choir");
    const told = Process.broadcast("choir", "sing");
    const heard = [await message(members[0]!.pid), await message(members[1]!.pid)];
    const count = Process.members("choir").length;
    for (const { pid } of members) {
      Process.kill(pid);
      await ended(pid);
    }
    return [told, heard, count, Process.members("choir").length, Process.leave("choir"), Process.leave("choir"), Process.groups().includes("choir")];
  },
  async timers() {
    const own = Process.self();
    Process.sendAfter(1, own, "once");
    const late = Process.sendAfter(PATIENCE, own, "never");
    const left = Process.readTimer(late)! > PATIENCE / 2;
    const taken = Process.cancelTimer(late)! > 0;
    const first = await message();
    const interval = Process.sendInterval(1, own, "again");
    const more = [await message(), await message()];
    Process.cancelTimer(interval);
    return [left, taken, Process.cancelTimer(late), first, more];
  },
  async info() {
    const { pid } = worker("idle");
    Process.setLabel("the driver");
    const info = Process.info(Process.self())!;
    const other = Process.info(pid)!;
    return [info.label, info.pid === Process.self(), info.trapExit, other.monitoredBy.length, other.label];
  },

  async "rust-echo"() {
    const mirror = Process.whereis("mirror")!;
    const value = { text: "κόσμε", bytes: new Uint8Array([0, 255]), pid: Process.self(), big: 2n ** 63n, list: [1.5, null, true] };
    Process.send(mirror, value);
    const back = await message<typeof value>(mirror);
    return [back.text, [...back.bytes], back.pid === value.pid, String(back.big), back.list];
  },
  async "rust-worker"() {
    const { pid } = rustic({ Say: { to: Process.self(), bytes: [...new TextEncoder().encode("\"said\"")] } });
    return [await message(pid), await ended(pid)];
  },
  async "rust-ends"() {
    const all = [];
    for (const job of [{ Panic: "in Rust" }, { Fail: "it failed" }, { End: "shutdown: enough" }]) all.push(await ended(rustic(job).pid));
    return all;
  },
  async "to-rust"() {
    const { pid } = rustic("Sink");
    const writer = Process.openStream(pid);
    for (let n = 0; n < 80; n++) await writer.write(new Uint8Array(65_536).fill(3));
    await writer.write("!");
    writer.close();
    return message(pid);
  },
  async "from-rust"() {
    rustic({ Source: { to: Process.self(), tell: Process.self(), pieces: 16, length: 100_000, then: "close" } });
    const stream = await Process.acceptStream(PATIENCE);
    return sumOf(stream!);
  },
  async "rust-drops"() {
    rustic({ Source: { to: Process.self(), tell: Process.self(), pieces: 1, length: 10, then: "drop" } });
    return sumOf((await Process.acceptStream(PATIENCE))!);
  },
  async "rust-abandons"() {
    const { pid } = rustic("Abandon");
    const writer = Process.openStream(pid);
    return thrown(async () => {
      for (;;) await writer.write(new Uint8Array(65_536));
    });
  },
  async streams() {
    const all = [];
    for (const then of ["close", "drop"]) {
      worker("source", then);
      all.push(await sumOf((await Process.acceptStream(PATIENCE))!));
    }
    worker("source");
    const stream = await Process.acceptStream(PATIENCE);
    const readable = stream!.readable().pipeThrough(new TransformStream());
    all.push(await sumOf(readable as AsyncIterable<Uint8Array>));
    return all;
  },
  /** To leave early ends it for the writer. */
  async left() {
    const { pid } = worker("source");
    for await (const bytes of (await Process.acceptStream(PATIENCE))!) {
      if (bytes.length > 0) break;
    }
    return ended(pid);
  },
  /** A process that begins is a copy of the image, not of the one that spawns it. */
  async fresh() {
    const globals = globalThis as { touched?: number };
    globals.touched = (globals.touched ?? 0) + 1;
    return globals.touched;
  },

  async kv() {
    const bucket = kv.bucket("shared");
    await bucket.set("text", "κόσμε");
    await bucket.set("bytes", new Uint8Array([0, 255]));
    await bucket.setJson("json", { n: [1, 2] });
    const sums = [await bucket.increment("count", 5), await bucket.increment("count", -2), await bucket.increment("big", 2n ** 60n)];
    const keys = [];
    for await (const key of bucket.keys()) keys.push(key);
    const swapped = [await bucket.compareAndSet("lock", null, "me"), await bucket.compareAndSet("lock", null, "you")];
    const moved = await kv.batch().expect("shared", "lock", "you").set("shared", "text", "lost").write();
    return [
      await bucket.getText("text"),
      [...(await bucket.get("bytes"))!],
      await bucket.getJson("json"),
      await bucket.get("nothing"),
      sums.map(String),
      keys,
      swapped,
      moved,
      await bucket.count(),
      await thrown(() => kv.bucket("private").get("x")),
    ];
  },
};

export default async function handle(_: Request, { params }: FetchContext): Promise<Response> {
  return Response.json((await cases[params["case"]!]!()) ?? null);
}
