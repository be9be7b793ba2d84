import { describe, expect, test } from "bun:test";
import type { Call, Client, Pid } from "../../../../sdk/rusm-ts/index.js";
import { MockNode, type Bundle, type MockProcess } from "./node";

const counter = (rusm: Parameters<Bundle>[0]) => {
  let total = 0;
  return {
    add(amount: number) {
      return (total += amount);
    },
    async slow(amount: number) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      return (total += amount);
    },
    fails(code?: string) {
      throw new rusm.ServiceError("not that much is there", code);
    },
    async rejects() {
      throw new TypeError("no");
    },
    nothing() {},
    echo(value: unknown) {
      return value;
    },
    unsendable() {
      return new Map();
    },
    long() {
      return "x".repeat(20 << 20);
    },
    whoami(this: Call) {
      return this.caller;
    },
    each(items: string[], progress: (item: string, index: number) => unknown) {
      const answers = items.map((item, index) => progress(item, index));
      return answers.length;
    },
    keep(this: { kept?: unknown }, closure: (value: number) => unknown) {
      kept = closure;
    },
    useKept() {
      return (kept as (value: number) => unknown)(1);
    },
    stop() {
      rusm.Process.exitSelf({ kind: "crashed", text: "told to" });
    },
    never: () => new Promise<never>(() => {}),
    constant: 7,
    Class: class {},
  };
};
let kept: unknown;

type Counter = ReturnType<typeof counter>;

function setup(): { node: MockNode; service: MockProcess; caller: MockProcess; client: Client<Counter> } {
  const node = new MockNode();
  const service = node.start(counter, "", "counter");
  const caller = node.bare();
  return { node, service, caller, client: caller.rusm.connect<Counter>("counter") };
}

async function failure(
  promise: Promise<unknown>,
): Promise<{ message: string; code?: string; reason?: unknown; name: string }> {
  return promise.then(
    (value) => Promise.reject(new Error(`it gave ${String(value)}`)),
    (error) => error,
  );
}

describe("a call", () => {
  test("is answered by what the function gives", async () => {
    const { client, caller, service } = setup();
    expect(await client.add(2)).toBe(2);
    expect(await client.slow(3)).toBe(5);
    expect(await client.nothing()).toBeNull();
    expect(caller.log[0]).toEqual([service.pid, '{"op":"add","args":[2],"ref":1}']);
    expect(service.log[0]).toEqual([caller.pid, '{"ref":1,"ok":2}']);
    expect(caller.waits).toBe(0);
    expect(caller.monitors.size).toBe(0);
  });

  test("carries pids, bytes and integers, and reads their like", async () => {
    const { client, caller } = setup();
    const pid = caller.rusm.Process.self();
    expect(await client.echo([pid, new Uint8Array([1]), 2n ** 63n, { $pid: "x" }])).toEqual([
      pid,
      new Uint8Array([1]),
      2n ** 63n,
      { $pid: "x" },
    ]);
    expect(await client.whoami()).toBe(pid);
  });

  test("is one of many that run at once, answered in any order of waiting", async () => {
    const { client, caller } = setup();
    expect(await Promise.all([client.slow(1), client.add(10), client.slow(100)])).toEqual([1, 11, 111]);
    expect(caller.waits).toBe(0);
  });

  test("runs after the one before it, though that waits", async () => {
    const { client } = setup();
    const order: string[] = [];
    await Promise.all([client.slow(1).then(() => order.push("slow")), client.add(1).then(() => order.push("add"))]);
    expect(order).toEqual(["slow", "add"]);
  });

  test("fails with the text and the code of what was thrown", async () => {
    const { client } = setup();
    expect(await failure(client.fails("insufficient-funds"))).toMatchObject({
      name: "CallError",
      message: "not that much is there",
      code: "insufficient-funds",
    });
    expect(await failure(client.fails())).not.toHaveProperty("code");
    expect((await failure(client.rejects())).message).toBe("no");
  });

  test("of a function that is not there names those that are", async () => {
    const { client } = setup();
    const any = client as unknown as Record<string, () => Promise<unknown>>;
    for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty", "constant", "Class"]) {
      expect(await failure(any[name]!())).toMatchObject({
        code: "no-such-function",
        message: expect.stringContaining("there is add, slow"),
      });
    }
  });

  test("with arguments that are no values is refused with their position", async () => {
    const { service, caller } = setup();
    caller.rusm.Process.sendBytes(service.pid, '{"op":"add","args":[1,{"$date":"x"}],"ref":9}');
    const message = await caller.rusm.Process.receiveMessage();
    expect(message.value).toEqual({
      ref: 9,
      err: { message: "argument 2: `$date` is no tag that this version knows", code: "bad-arguments" },
    });
  });

  test("whose answer cannot be sent says so", async () => {
    const { client } = setup();
    expect(await failure(client.unsendable())).toMatchObject({
      code: "bad-answer",
      message: expect.stringContaining("Map"),
    });
    expect(await failure(client.long())).toMatchObject({
      code: "bad-answer",
      message: expect.stringContaining("16777216"),
    });
  });

  test("that cannot be sent is not", async () => {
    const { client, caller } = setup();
    expect(await failure(client.echo(new Map()))).toMatchObject({ code: "unsendable" });
    expect(await failure(client.echo("x".repeat(20 << 20)))).toMatchObject({ code: "unsent" });
    expect(caller.log.length).toBe(0);
    expect(caller.monitors.size).toBe(0);
    expect(caller.waits).toBe(0);
  });

  test("ends with its callee", async () => {
    const { client, caller } = setup();
    const [stopped, waiting] = await Promise.all([failure(client.stop()), failure(client.add(1))]);
    for (const error of [stopped, waiting]) {
      expect(error).toMatchObject({ code: "down", reason: { kind: "crashed", text: "told to" } });
    }
    expect(stopped.message).toBe("the service ended before it answered: crashed: told to");
    expect(caller.waits).toBe(0);
  });

  test("of a dead process is down at once, and of a name that nobody has not running", async () => {
    const { service, caller, node } = setup();
    service.end({ kind: "normal" });
    expect(await failure(caller.rusm.connect<Counter>(service.pid).add(1))).toMatchObject({
      code: "down",
      reason: { kind: "no-process" },
    });
    expect(await failure(caller.rusm.connect<Counter>("counter").add(1))).toMatchObject({ code: "not-running" });
    expect(() => caller.rusm.connect<Counter>("counter").add.cast(1)).toThrow(/no process is named/);
    expect(node.processes.size).toBe(1);
  });

  test("goes to the name's new process if the old one was dead before", async () => {
    const { service, node, client, caller } = setup();
    expect(await client.add(1)).toBe(1);
    service.end({ kind: "killed" });
    const restarted = node.start(counter, "", "counter");
    expect(await client.add(1)).toBe(1);
    expect(caller.rusm.pidOf(client)).toBe(caller.rusm.Pid.of(restarted.pid));
  });

  test("gives up in time, and its late answer is no mail", async () => {
    const { client, caller } = setup();
    expect(await failure(client.slow.with({ timeout: 0 })(1))).toMatchObject({ code: "timeout" });
    expect(await client.add(1)).toBe(2);
    expect(await caller.rusm.Process.receive(0)).toBeNull();
    expect(await failure(caller.rusm.connect<Counter>("counter", { timeout: 1 }).never())).toMatchObject({
      code: "timeout",
    });
  });

  test("is given up when its signal is aborted", async () => {
    const { client, caller } = setup();
    const controller = new AbortController();
    const call = failure(client.never.with({ signal: controller.signal })());
    await Promise.resolve();
    controller.abort(new Error("enough"));
    expect(await call).toMatchObject({ message: "enough" });
    expect(await failure(client.add.with({ signal: controller.signal })(1))).toMatchObject({ message: "enough" });
    expect(caller.waits).toBe(0);
  });

  test("of itself is an error", async () => {
    const { caller } = setup();
    expect(await failure(caller.rusm.connect<Counter>(caller.pid).add(1))).toMatchObject({ code: "calls-itself" });
  });

  test("passes on another's failure as text alone", async () => {
    const { node, caller } = setup();
    const service = node.start((rusm) => ({ ask: () => rusm.connect<Counter>("nobody").add(1) }));
    const error = await failure(caller.rusm.connect<{ ask(): Promise<number> }>(service.pid).ask());
    expect(error.message).toBe("no process is named `nobody`");
    expect(error).not.toHaveProperty("code");
  });

  test("is sent before whatever is sent after it", async () => {
    const { client, caller, service } = setup();
    const call = client.add(1);
    caller.rusm.Process.send(service.pid, "later");
    client.add.cast(5);
    expect(caller.log.map(([, body]) => body)).toEqual([
      '{"op":"add","args":[1],"ref":1}',
      '"later"',
      '{"op":"add","args":[5]}',
    ]);
    await call;
  });

  test("takes no answer of another's, nor an inbound call of its number", async () => {
    const { client, caller, node } = setup();
    const other = node.bare();
    const call = client.slow(1);
    await Promise.resolve();
    other.rusm.Process.sendBytes(caller.pid, '{"ref":1,"ok":666}');
    node.deliver(caller.pid, {
      kind: "message",
      sender: node.names.get("counter")!,
      body: Buffer.from('{"op":"f","args":[],"ref":1}'),
    });
    expect(await call).toBe(1);
    expect((await caller.rusm.Process.receiveMessage(0))?.value).toEqual({ ref: 1, ok: 666 });
    expect((await caller.rusm.Process.receiveMessage(0))?.value).toEqual({ op: "f", args: [], ref: 1 });
  });

  test("keeps other mail for later, in its order", async () => {
    const { client, caller, node } = setup();
    const other = node.bare();
    const call = client.slow(1);
    for (const value of [1, 2, 3]) other.rusm.Process.send(caller.pid, value);
    await call;
    const values = [];
    for (
      let mail = await caller.rusm.Process.receiveMessage(0);
      mail;
      mail = await caller.rusm.Process.receiveMessage(0)
    ) {
      values.push(mail.value);
    }
    expect(values).toEqual([1, 2, 3]);
  });
});

describe("a closure", () => {
  test("sees every value before the answer, in order", async () => {
    const { client } = setup();
    const seen: unknown[] = [];
    const count = await client.each(["a", "b"], (item, index) => seen.push([item, index]));
    expect([seen, count]).toEqual([
      [
        ["a", 0],
        ["b", 1],
      ],
      2,
    ]);
  });

  test("that waits keeps the answer waiting", async () => {
    const { client } = setup();
    const seen: string[] = [];
    await client.each(["a", "b"], async (item) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      seen.push(item);
    });
    expect(seen).toEqual(["a", "b"]);
  });

  test("that waits loses no answer that came, though the service ends", async () => {
    const { client, service } = setup();
    const seen: string[] = [];
    const count = client.each(["a", "b"], async (item) => {
      service.end({ kind: "killed" });
      await new Promise((resolve) => setTimeout(resolve, 1));
      seen.push(item);
    });
    expect(await count).toBe(2);
    expect(seen).toEqual(["a", "b"]);
  });

  test("that fails ends the call", async () => {
    const { client, caller } = setup();
    expect(
      (
        await failure(
          client.each(["a", "b"], () => {
            throw new Error("mine");
          }),
        )
      ).message,
    ).toBe("mine");
    expect(
      (
        await failure(
          client.each(["a"], async () => {
            throw new Error("later");
          }),
        )
      ).message,
    ).toBe("later");
    expect(await client.add(0)).toBe(0);
    expect(await caller.rusm.Process.receive(0)).toBeNull();
  });

  test("can be called until the answer, and not after", async () => {
    const { client, caller } = setup();
    const any = client as unknown as { keep(closure: () => void): Promise<void>; useKept(): Promise<boolean> };
    await any.keep(() => {});
    expect(await any.useKept()).toBe(false);
    expect(await caller.rusm.Process.receive(0)).toBeNull();
  });

  test("goes with no cast", () => {
    const { client } = setup();
    expect(() => client.each.cast(["a"], () => {})).toThrow(/cast has no closures/);
  });
});

describe("a cast", () => {
  test("runs, is not answered, and its failure is logged", async () => {
    const { client, caller, service } = setup();
    client.add.cast(5);
    client.fails.cast("x");
    expect(await client.add(0)).toBe(5);
    expect(service.log.length).toBe(1);
    expect(service.printed).toEqual([
      `[warn] a cast of \`fails\` from process ${caller.pid}: ServiceError: not that much is there`,
    ]);
  });
});

describe("a client", () => {
  test("can be awaited, and spawned", async () => {
    const { node, caller } = setup();
    node.components.set("counter", counter);
    const client = await caller.rusm.spawn<Counter>("counter");
    expect(await client.add(4)).toBe(4);
    expect(caller.rusm.pidOf(client)).toBeInstanceOf(caller.rusm.Pid);
    expect(() => caller.rusm.spawn("nothing")).toThrow(/no component/);
  });

  test("is no value", () => {
    const { client, caller } = setup();
    expect(() => caller.rusm.Process.send(caller.pid, { client })).toThrow(/pidOf/);
    expect(() => caller.rusm.pidOf({})).toThrow(TypeError);
    expect([JSON.stringify(client), Object.keys(client)]).toEqual(["{}", []]);
  });

  test("looks nothing up before it is used", () => {
    const node = new MockNode();
    const caller = node.bare();
    caller.native.whereis = () => {
      throw new Error("there is no process yet");
    };
    expect(() => caller.rusm.connect<Counter>("counter")).not.toThrow();
  });
});

describe("a service", () => {
  test("drops what is no frame, and lives", async () => {
    const { client, caller, service } = setup();
    caller.rusm.Process.sendBytes(service.pid, '{"op":1,"args":[]}');
    caller.rusm.Process.sendBytes(service.pid, new Uint8Array([0xff]));
    caller.rusm.Process.sendBytes(service.pid, "{");
    caller.rusm.Process.send(service.pid, { kind: "tick" });
    caller.rusm.Process.openStream(service.pid);
    expect(await client.add(1)).toBe(1);
    expect(service.printed).toEqual([
      `[warn] dropped a message from process ${caller.pid}: \`op\` is a string: {"op":1,"args":[]}`,
    ]);
    expect([...service.node.streams.values()][0]!.read).toBe(false);
  });

  test("begins with what it was spawned with, and takes other mail", async () => {
    const node = new MockNode();
    const caller = node.bare();
    const seen: unknown[] = [];
    node.components.set("room", (rusm) => {
      let name: unknown;
      return {
        default: rusm.service({
          async init(argument) {
            name = argument;
          },
          mail: (mail) => void seen.push(mail.kind === "message" ? mail.value : mail.kind),
        }),
        name: () => name,
      };
    });
    const room = caller.rusm.spawn<{ name(): string }>("room", { argument: { room: "lobby" } });
    caller.rusm.Process.send(caller.rusm.pidOf(room), { kind: "tick" });
    expect(await room.name()).toEqual({ room: "lobby" } as never);
    expect(seen).toEqual([{ kind: "tick" }]);
  });

  test("receives other mail while it serves, and no calls", async () => {
    const node = new MockNode();
    const caller = node.bare();
    const service = node.start((rusm) => ({
      async wait() {
        return (await rusm.Process.receiveMessage()).value;
      },
      two: () => 2,
    }));
    const client = caller.rusm.connect<{ wait(): Promise<string>; two(): number }>(service.pid);
    const waiting = client.wait();
    const two = client.two();
    caller.rusm.Process.send(service.pid, "now");
    expect(await Promise.all([waiting, two])).toEqual(["now", 2]);
  });

  test("ends by what `init` and `mail` throw", async () => {
    const node = new MockNode();
    const failing = node.start((rusm) => ({
      default: rusm.service({
        init() {
          throw new Error("no disk");
        },
      }),
      f() {},
    }));
    expect(await failing.exit).toEqual({ kind: "crashed", text: "Error: no disk" });
    const caller = node.bare();
    const other = node.start((rusm) => ({
      default: rusm.service({
        mail() {
          throw new Error("odd");
        },
      }),
      f() {},
    }));
    caller.rusm.Process.send(other.pid, 1);
    expect(await other.exit).toEqual({ kind: "crashed", text: "Error: odd" });
  });

  test("leaves in its mailbox what it does not serve yet", async () => {
    const { client, service } = setup();
    for (let i = 0; i < 100; i++) client.never.cast();
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    while (service.mailbox.length === 100) await turn();
    for (let i = 0; i < 10; i++) await turn();
    expect(service.mailbox.length).toBe(99);
  });

  test("serves timers too, however many calls come", async () => {
    const { client } = setup();
    let ticked = false;
    setTimeout(() => (ticked = true), 1);
    const calls: Promise<unknown>[] = [];
    for (let i = 0; i < 500; i++) calls.push(client.add(1));
    await Promise.all(calls);
    while (!ticked) await client.add(1);
  });
});

test("what a process was told survives `Pid`s that nobody holds", async () => {
  const { caller } = setup();
  const { Pid } = caller.rusm as unknown as { Pid: { of(n: bigint): Pid } };
  const held = Pid.of(5n);
  for (let n = 1000n; n < 5000n; n++) Pid.of(n);
  expect(Pid.of(5n)).toBe(held);
});
