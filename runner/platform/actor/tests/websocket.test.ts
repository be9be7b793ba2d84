import { expect, test } from "bun:test";
import type { WebSocketHandlers } from "../../../../sdk/rusm-ts/index.js";
import { shapeOf } from "../service/shape";
import { MockNode, type MockProcess } from "./node";

function hold(handlers: (process: MockProcess) => WebSocketHandlers, node = new MockNode()): MockProcess {
  const process = node.bare();
  process.runs(process.runtime.run(shapeOf({ default: process.rusm.websocket(handlers(process)) })));
  return process;
}

function says(process: MockProcess, ...events: MockProcess["socket"]): void {
  process.socket.push(...events);
  process.kick();
}

const closed = { kind: "closed", code: 1000, reason: "bye" } as const;

test("an echo answers text with text and bytes with bytes", async () => {
  const process = hold(() => ({
    open: (s) => void s.send("welcome\n"),
    message: (s, data) => void s.send(data),
  }));
  says(process, { kind: "text", text: "hé" }, { kind: "binary", bytes: new Uint8Array([1, 2]) }, closed);
  expect(await process.exit).toEqual({ kind: "normal" });
  expect(process.sent).toEqual(["welcome\n", "hé", new Uint8Array([1, 2])]);
});

test("handlers run one after another, though they wait", async () => {
  const order: string[] = [];
  const process = hold(() => ({
    async open() {
      await new Promise((resolve) => setTimeout(resolve, 2));
      order.push("open");
    },
    async message(_, data) {
      await new Promise((resolve) => setTimeout(resolve, data === "a" ? 2 : 0));
      order.push(String(data));
    },
    close: (_, frame) => void order.push(`${frame?.code} ${frame?.reason}`),
  }));
  says(process, { kind: "text", text: "a" }, { kind: "text", text: "b" }, closed);
  await process.exit;
  expect(order).toEqual(["open", "a", "b", "1000 bye"]);
});

test("a handler may call a service and receive, while frames and other mail wait", async () => {
  const node = new MockNode();
  const service = node.start(() => ({ double: (n: number) => 2 * n }), "", "doubler");
  const seen: unknown[] = [];
  const process = hold(({ rusm }) => {
    const doubler = rusm.connect<{ double(n: number): number }>("doubler");
    return {
      async message(s, data) {
        s.send(String(await doubler.double(Number(data))));
      },
      mail: (_, mail) => void seen.push(mail.kind === "message" ? mail.value : mail.kind),
    };
  }, node);
  node.bare().rusm.Process.send(process.pid, "tick");
  says(process, { kind: "text", text: "1" }, { kind: "text", text: "2" });
  while (process.sent.length < 2) await new Promise((resolve) => setImmediate(resolve));
  node.bare().rusm.Process.send(process.pid, "tock");
  while (seen.length < 2) await new Promise((resolve) => setImmediate(resolve));
  expect([process.sent, seen]).toEqual([
    ["2", "4"],
    ["tick", "tock"],
  ]);
  says(process, closed);
  await process.exit;
  expect(service.alive).toBe(true);
});

test("a call that no handler waits for is answered all the same", async () => {
  const node = new MockNode();
  node.start(
    () => ({
      async double(n: number) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        return 2 * n;
      },
    }),
    "",
    "doubler",
  );
  const process = hold(
    ({ rusm }) => ({
      message(s, data) {
        void rusm
          .connect<{ double(n: number): Promise<number> }>("doubler")
          .double(Number(data))
          .then((n) => s.send(String(n)));
      },
    }),
    node,
  );
  says(process, { kind: "text", text: "1" });
  while (process.sent.length < 1) await new Promise((resolve) => setImmediate(resolve));
  node.bare().rusm.Process.sendBytes(process.pid, "pushed");
  while (process.sent.length < 2) await new Promise((resolve) => setImmediate(resolve));
  expect(process.sent).toEqual(["2", "pushed"]);
});

test("mail goes out as the client's last message was, unless there is a handler", async () => {
  const node = new MockNode();
  const process = hold(() => ({ message() {} }), node);
  const other = node.bare().rusm.Process;
  other.sendBytes(process.pid, "text");
  other.sendBytes(process.pid, new Uint8Array([0xff]));
  while (process.sent.length < 2) await new Promise((resolve) => setImmediate(resolve));
  says(process, { kind: "binary", bytes: new Uint8Array() });
  while (process.socket.length > 0) await new Promise((resolve) => setImmediate(resolve));
  other.sendBytes(process.pid, "binary");
  while (process.sent.length < 3) await new Promise((resolve) => setImmediate(resolve));
  expect(process.sent).toEqual(["text", new Uint8Array([0xff]), new Uint8Array(Buffer.from("binary"))]);
});

test("what a handler throws ends the process", async () => {
  const failing = hold(() => ({
    async message() {
      throw new Error("odd");
    },
  }));
  says(failing, { kind: "text", text: "x" });
  expect(await failing.exit).toEqual({ kind: "crashed", text: "Error: odd" });
});

test("a connection tells of its request", async () => {
  const seen: unknown[] = [];
  const process = hold(() => ({
    open(s) {
      seen.push(
        s.url,
        s.path,
        s.query.get("who"),
        s.params.room,
        s.headers.get("user-agent"),
        s.remoteAddress,
        s.subprotocol,
        s.pid,
      );
      expect(() => s.send({} as never)).toThrow(/JSON.stringify/);
      s.send("\ud800");
      s.send(new Uint16Array([1]));
      s.send(new Uint8Array([7]).buffer);
      s.close(4000, "é".repeat(100));
    },
    message() {},
    close: (_, frame) => void seen.push(frame),
  }));
  await process.exit;
  expect(seen).toEqual([
    "http://localhost/rooms/chat?who=ann",
    "/rooms/chat",
    "ann",
    "chat",
    "test",
    "127.0.0.1:4000",
    null,
    process.rusm.Pid.of(process.pid),
    { code: 4000, reason: "é".repeat(61) },
  ]);
  expect(process.sent).toEqual(["\ufffd", new Uint8Array([1, 0]), new Uint8Array([7])]);
});

test("a client that went away without a word has no close frame", async () => {
  const seen: unknown[] = [];
  const process = hold(() => ({ message() {}, close: (_, frame) => void seen.push(frame) }));
  says(process, { kind: "closed" });
  await process.exit;
  expect(seen).toEqual([null]);
});
