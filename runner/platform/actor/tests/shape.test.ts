import { expect, test } from "bun:test";
import { service, shapeOf, websocket } from "../service/shape";
import { MockNode } from "./node";

test("a default export decides alone", () => {
  const handler = () => new Response();
  expect(shapeOf({ default: handler, helper() {} })).toMatchObject({ kind: "fetch", worker: handler });
  expect(shapeOf({ default: websocket({ message() {} }), helper() {} }).kind).toBe("ws");
});

test("an object with `fetch` answers requests as itself", async () => {
  const app = {
    name: "app",
    fetch() {
      return this.name;
    },
  };
  const shape = shapeOf({ default: app });
  expect(shape).toMatchObject({ kind: "fetch", worker: undefined });
  expect(shape.kind === "fetch" && shape.fetch(new Request("http://x/"), { params: {} })).toBe("app");
});

test("exported functions are a service", () => {
  class Helper {}
  const bundle = { add() {}, *count() {}, warmup() {}, limit: 3, Helper };
  const shape = shapeOf(bundle);
  expect(shape.kind === "service" && [...shape.service.functions.keys()]).toEqual(["add", "count"]);
  expect(shapeOf({ default: service({}), add() {} }).kind).toBe("service");
});

test("anything else says what to export", () => {
  const nothing = [
    {},
    { warmup() {} },
    { limit: 3 },
    { default: service({}) },
    { default: {} },
    { default: "x" },
    { default: null },
    { default: class {} },
    { default: { fetch: 1 } },
  ];
  for (const bundle of nothing) {
    expect(() => shapeOf(bundle)).toThrow(/export default function handle\(request\)/);
  }
});

test("a function that no client can call is refused", () => {
  expect(() => shapeOf({ add() {}, then() {} })).toThrow(/name it otherwise/);
});

test("handlers are functions", () => {
  expect(() => websocket({} as never)).toThrow(/`message`/);
  expect(() => websocket({ message() {}, open: 1 } as never)).toThrow(/`open`/);
  expect(() => websocket(undefined as never)).toThrow(/object of functions/);
  expect(() => service({ mail: 1 } as never)).toThrow(/`mail`/);
});

test("a worker runs with its argument, to its end", async () => {
  const node = new MockNode();
  const seen: unknown[] = [];
  const worker = () => ({ default: async (argument: unknown) => void seen.push(argument) });
  expect(await node.start(worker, '{"job":{"$pid":"7"}}').exit).toEqual({ kind: "normal" });
  expect(await node.start(worker).exit).toEqual({ kind: "normal" });
  expect(await node.start(worker, new Uint8Array([0xff])).exit).toEqual({ kind: "normal" });
  expect(seen).toEqual([{ job: node.bare().rusm.Pid.of(7n) }, undefined, new Uint8Array([0xff])]);
});

test("a worker that fails crashes", async () => {
  const node = new MockNode();
  expect(
    await node.start(() => ({
      default: async () => {
        throw new Error("no");
      },
    })).exit,
  ).toEqual({ kind: "crashed", text: "Error: no" });
  expect((await node.start(() => ({ default: { fetch() {} } })).exit) as unknown).toMatchObject({ kind: "crashed" });
});
