import { describe, expect, test } from "bun:test";
import type { Mail } from "../../../../sdk/rusm-ts/index.js";
import { MockNode } from "./node";

function setup() {
  const node = new MockNode();
  const [a, b] = [node.bare(), node.bare()];
  return { node, a, b, A: a.rusm.Process, B: b.rusm.Process };
}

describe("receive", () => {
  test("gives mail in order, with its sender", async () => {
    const { A, B } = setup();
    A.send(B.self(), { n: 1 });
    A.sendBytes(B.self(), "raw");
    expect(await B.receive()).toMatchObject({ kind: "message", from: A.self(), value: { n: 1 } });
    const raw = await B.receiveMessage();
    expect(Buffer.from(raw.bytes).toString()).toBe("raw");
    expect(() => raw.value).toThrow(/no document/);
  });

  test("gives null when the time is over", async () => {
    const { A, a } = setup();
    expect(await A.receive(0)).toBeNull();
    expect(await A.receive(1)).toBeNull();
    expect(a.waits).toBe(0);
    expect(A.receive(Number.NaN)).rejects.toThrow(TypeError);
  });

  test("waits for what comes", async () => {
    const { A, B, b } = setup();
    const first = B.receive();
    const second = B.receive(1000);
    A.send(B.self(), 1);
    A.send(B.self(), 2);
    A.send(B.self(), 3);
    expect([await first, await second].map((mail) => (mail as { value: unknown }).value)).toEqual([1, 2]);
    expect(b.mailbox.length).toBe(1);
    expect(b.waits).toBe(0);
  });

  test("by choice keeps the order of the rest", async () => {
    const { A, B } = setup();
    for (const n of [1, 2, 3]) A.send(B.self(), n);
    const isTwo = (mail: Mail) => mail.kind === "message" && mail.value === 2;
    expect(await B.receiveMatch(isTwo)).toMatchObject({ value: 2 });
    expect(await B.receiveMatch(isTwo, 0)).toBeNull();
    expect([(await B.receiveMessage()).value, (await B.receiveMessage()).value]).toEqual([1, 3]);
  });

  test("fails by its own choice's failure, and loses nothing", async () => {
    const { A, B } = setup();
    const failing = B.receiveMatch(() => {
      throw new Error("odd");
    });
    const other = B.receiveMessage();
    A.send(B.self(), 1);
    expect(failing).rejects.toThrow("odd");
    expect(await other).toMatchObject({ value: 1 });
  });

  test("looks at everything that is there, with no time to wait", async () => {
    const { A, B } = setup();
    for (let n = 0; n < 100; n++) A.send(B.self(), n);
    expect(await B.receiveMatch((mail) => mail.kind === "message" && mail.value === 99, 0)).not.toBeNull();
  });
});

describe("a monitor", () => {
  test("tells of an end once", async () => {
    const { A, B, b } = setup();
    const monitor = A.monitor(B.self());
    const pid = B.self();
    b.end({ kind: "crashed", text: "x" });
    expect(await A.receive()).toEqual({ kind: "down", monitor, pid, reason: { kind: "crashed", text: "x" } });
    expect(await A.receive(0)).toBeNull();
    A.monitor(pid);
    expect(await A.receive()).toMatchObject({ kind: "down", reason: { kind: "no-process" } });
  });

  test("that is taken back tells nothing, though it was on its way or set aside", async () => {
    const { A, B, b, node } = setup();
    const first = A.monitor(B.self());
    const second = A.monitor(B.self());
    b.end({ kind: "normal" });
    A.demonitor(first);
    node.bare().rusm.Process.send(A.self(), "last");
    expect(await A.receiveMessage()).toMatchObject({ value: "last" });
    A.demonitor(second);
    expect(await A.receive(0)).toBeNull();
  });

  test("comes with a spawn", async () => {
    const { A, node } = setup();
    node.components.set("worker", () => ({ default: async () => {} }));
    const { pid, monitor } = A.spawn("worker", { monitor: true });
    expect(await A.receive()).toEqual({ kind: "down", monitor: monitor!, pid, reason: { kind: "normal" } });
    expect(A.spawn("worker").monitor).toBeUndefined();
  });
});

describe("names, groups and timers", () => {
  test("find processes", () => {
    const { A, B } = setup();
    A.register("ann");
    expect(B.whereis("ann")).toBe(A.self());
    expect(B.whereis("bob")).toBeNull();
    expect(B.info(A.self())).toMatchObject({ pid: A.self(), links: [B.self()] });
    expect(B.info(99n)).toBeNull();
    expect(A.list()).toEqual([A.self(), B.self()]);
    expect(B.isAlive(A.self())).toBe(true);
    expect(() => B.isAlive("ann" as never)).toThrow(TypeError);
  });

  test("tell all members", async () => {
    const { A, B } = setup();
    A.join("all");
    B.join("all");
    expect(A.members("all")).toEqual([A.self(), B.self()]);
    expect(A.broadcast("all", { hello: 1 })).toBe(1);
    expect(await B.receive()).toMatchObject({ value: { hello: 1 } });
  });

  test("send later", async () => {
    const { A, B } = setup();
    const timer = A.sendAfter(60_000, B.self(), "late");
    A.sendAfter(1, B.self(), "soon");
    expect(await B.receive()).toMatchObject({ from: A.self(), value: "soon" });
    expect(A.cancelTimer(timer)).toBe(1);
    expect(A.cancelTimer(timer)).toBeNull();
  });
});

describe("a byte stream", () => {
  test("carries all bytes, to a clean end", async () => {
    const { A, B } = setup();
    const writer = A.openStream(B.self());
    const stream = await B.acceptStream();
    expect(stream.from).toBe(A.self());
    const read = stream.read();
    await writer.write("hello");
    expect(Buffer.from((await read)!).toString()).toBe("hello");
    await writer.write(new Uint8Array(200_000));
    writer.close();
    let length = 0;
    for await (const bytes of stream) length += bytes.length;
    expect(length).toBe(200_000);
    expect(await stream.read()).toBeNull();
  });

  test("that breaks off is never taken for a whole one", async () => {
    const { A, B } = setup();
    const writer = A.openStream(B.self());
    await writer.write("half");
    writer.abort();
    const stream = await B.acceptStream();
    await stream.read();
    expect(stream.read()).rejects.toMatchObject({ code: "aborted" });
    expect(writer.write("more")).rejects.toMatchObject({ code: "broken" });
  });

  test("that nobody reads any more says so", async () => {
    const { A, B } = setup();
    const writer = A.openStream(B.self());
    await writer.write("x");
    for await (const _ of await B.acceptStream()) break;
    expect(writer.write("y")).rejects.toMatchObject({ code: "broken" });
  });

  test("that is given up ends the reads that wait, before it lets go", async () => {
    const { A, B, b } = setup();
    A.openStream(B.self());
    const stream = await B.acceptStream();
    const reads = [stream.read(), stream.read()];
    await Promise.resolve();
    const waiting = b.waits;
    const { dropStream } = b.native;
    b.native.dropStream = (end) => {
      expect(b.waits).toBe(0);
      dropStream(end);
    };
    stream.cancel();
    expect([waiting, await Promise.all(reads), await stream.read()]).toEqual([2, [null, null], null]);
  });

  test("is one of the web platform's too", async () => {
    const { A, B } = setup();
    const writing = new Blob(["a".repeat(100_000)]).stream().pipeTo(A.openStream(B.self()).writable());
    const stream = await B.acceptStream(1000);
    expect((await new Response(stream!.readable()).text()).length).toBe(100_000);
    await writing;
  });
});

test("an action is called by name", async () => {
  const { a } = setup();
  const request = new Request("http://localhost/charge?now=1", { method: "POST", body: "{}" });
  const response = await a.rusm.call("billing#charge", request, { params: { id: "7" } });
  expect([response.status, response.headers.get("x-called"), await response.text()]).toEqual([
    201,
    "billing#charge POST /charge?now=1",
    "{}",
  ]);
  expect(a.rusm.call("billing", request)).rejects.toMatchObject({ code: "not-found" });
});

test("topics know their subscribers, and forget those that end", async () => {
  const { node, a, b, A, B } = setup();
  const topics = new a.rusm.Topics<string>();
  expect(topics.subscribe("news", B.self())).toBe(true);
  expect(topics.subscribe("news", b.pid)).toBe(false);
  topics.subscribe("sport", B.self());
  const other = node.bare();
  topics.subscribe("news", other.pid);
  expect(topics.publish("news", "rain")).toBe(2);
  expect(topics.publish("nothing", "rain")).toBe(0);
  expect(await B.receive()).toMatchObject({ from: A.self(), value: "rain" });
  expect(topics.unsubscribe("sport", B.self())).toBe(true);
  expect(topics.unsubscribe("sport", B.self())).toBe(false);
  b.end({ kind: "normal" });
  expect(await A.receive(0)).toBeNull();
  expect(topics.subscribers("news").map(BigInt as never)).toEqual([other.pid] as never);
  expect(topics.unsubscribeAll(other.pid)).toBe(1);
  expect([topics.topics(), topics.count("news"), a.monitors.size]).toEqual([[], 0, 0]);
});
