import { describe, expect, test } from "bun:test";
import { MockNode, type Bundle } from "./node";

const numbersOf = (stopped: string[]) => (_rusm: Parameters<Bundle>[0]) => {
  let wake: (() => void) | undefined;
  return {
    async *count(to: number) {
      try {
        for (let n = 1; n <= to; n++) yield n;
      } finally {
        stopped.push("count");
      }
    },
    *plain(to: number) {
      for (let n = 1; n <= to; n++) yield n;
    },
    async *breaks() {
      yield 1;
      throw Object.assign(new Error("that was all"), { code: "dry" });
    },
    async *waits() {
      await new Promise<void>((resolve) => (wake = resolve));
      yield "woken";
    },
    wake() {
      wake?.();
    },
    async *odd() {
      yield 1;
      yield new Map();
    },
    one: () => 1,
  };
};
type Numbers = ReturnType<ReturnType<typeof numbersOf>>;

function setup() {
  const stopped: string[] = [];
  const node = new MockNode();
  const service = node.start(numbersOf(stopped), "", "numbers");
  const caller = node.bare();
  return { stopped, node, service, caller, client: caller.rusm.connect<Numbers>("numbers") };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

async function failure(items: AsyncIterable<unknown>): Promise<{ code?: string; message: string; seen: unknown[] }> {
  const seen: unknown[] = [];
  try {
    for await (const item of items) seen.push(item);
  } catch (error) {
    return Object.assign(error as Error, { seen });
  }
  throw new Error("it ended well");
}

describe("a stream", () => {
  test("gives all items, by credit", async () => {
    const { client, caller, service } = setup();
    expect(await all(client.count(40))).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
    expect(await all(client.plain(3))).toEqual([1, 2, 3]);
    expect(caller.log[0]![1]).toBe('{"op":"count","args":[40],"ref":1,"stream":true}');
    expect(caller.log[1]![1]).toBe('{"ref":1,"credit":16}');
    const credits = caller.log.filter(([, body]) => body.includes("credit"));
    expect(credits.length).toBeLessThan(8);
    expect(caller.waits).toBe(0);
    expect(caller.monitors.size).toBe(0);
    expect(service.monitors.size).toBe(0);
  });

  test("makes no item before there is credit for it", async () => {
    const { client, service } = setup();
    const items = client.count(100)[Symbol.asyncIterator]();
    await items.next();
    const made = () => service.log.filter(([, body]) => body.includes('"item"')).length;
    while (made() < 16) await client.one();
    for (let i = 0; i < 40; i++) await client.one();
    expect(made()).toBe(16);
    await items.return!();
  });

  test("stops when its loop is left", async () => {
    const { client, caller, service, stopped } = setup();
    for await (const n of client.count(1000)) {
      if (n === 3) break;
    }
    expect(caller.log.at(-1)![1]).toContain('"cancel":true');
    await client.one();
    await client.one();
    expect(stopped).toEqual(["count"]);
    expect(await caller.rusm.Process.receive(0)).toBeNull();
    expect(service.monitors.size).toBe(0);
  });

  test("ends with the error that it broke by", async () => {
    const { client } = setup();
    expect(await failure(client.breaks())).toMatchObject({ seen: [1], code: "dry", message: "that was all" });
    expect(await failure(client.odd())).toMatchObject({ seen: [1], code: "bad-answer" });
  });

  test("that waits keeps no call waiting", async () => {
    const { client } = setup();
    const items = client.waits()[Symbol.asyncIterator]();
    const first = items.next();
    expect(await client.one()).toBe(1);
    await client.wake();
    expect(await first).toEqual({ done: false, value: "woken" });
    expect((await items.next()).done).toBe(true);
    expect((await items.next()).done).toBe(true);
  });

  test("takes turns with others", async () => {
    const { client } = setup();
    const order: string[] = [];
    const follow = async (name: string) => {
      for await (const n of client.count(5)) order.push(`${name}${n}`);
    };
    await Promise.all([follow("a"), follow("b")]);
    expect(order.indexOf("b1")).toBeLessThan(order.indexOf("a5"));
  });

  test("ends with its callee, after what it gave", async () => {
    const { client, service } = setup();
    const items = client.waits()[Symbol.asyncIterator]();
    const first = items.next();
    await client.one();
    service.end({ kind: "killed" });
    expect(
      await first.then(
        () => undefined,
        (error) => error,
      ),
    ).toMatchObject({ code: "down", reason: { kind: "killed" } });
  });

  test("is dropped when its caller ends", async () => {
    const { node, client, caller, service, stopped } = setup();
    const items = client.count(1000)[Symbol.asyncIterator]();
    await items.next();
    caller.end({ kind: "killed" });
    const other = node.bare();
    await other.rusm.connect<Numbers>("numbers").one();
    expect(stopped).toEqual(["count"]);
    expect(service.monitors.size).toBe(0);
  });

  test("waits no longer for an item than for an answer", async () => {
    const { client } = setup();
    expect(await failure(client.waits.with({ timeout: 1 })())).toMatchObject({ code: "timeout" });
  });

  test("is given up when its signal is aborted", async () => {
    const { client } = setup();
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error("enough")), 1);
    expect(await failure(client.waits.with({ signal: controller.signal })())).toMatchObject({ message: "enough" });
  });

  test("may be iterated late, for the call that it was taken for did not run", async () => {
    const { client } = setup();
    const items = client.count(2);
    await client.one();
    expect(await all(items)).toEqual([1, 2]);
  });

  test("that is not iterated yet ends no process by a rejection that nobody hears of", async () => {
    // In a process of Bun's own, for its tests hear of every rejection.
    const run = Bun.spawn([Bun.argv[0]!, `${import.meta.dir}/unheard.ts`], { stdout: "pipe" });
    expect(await new Response(run.stdout).text()).toBe("CallError: mine\n");
  });

  test("is no value, and a value is no stream", async () => {
    const { client } = setup();
    const any = client as unknown as { count(n: number): Promise<unknown>; one(): AsyncIterable<unknown> };
    expect(
      await any.count(1).then(
        () => undefined,
        (error) => error,
      ),
    ).toMatchObject({ code: "wrong-kind" });
    expect(await failure(any.one())).toMatchObject({
      code: "wrong-kind",
      message: expect.stringContaining("one value"),
    });
    const late = any.one();
    await client.one();
    expect(await failure(late)).toMatchObject({ code: "wrong-kind" });
  });

  test("has no closures", async () => {
    const { client } = setup();
    const any = client as unknown as { count(n: () => void): AsyncIterable<unknown> };
    expect(await failure(any.count(() => {}))).toMatchObject({ code: "unsendable" });
  });

  test("asked for in advance gives in order", async () => {
    const { client } = setup();
    const items = client.count(3)[Symbol.asyncIterator]();
    const asked = [items.next(), items.next(), items.next(), items.next()];
    expect((await Promise.all(asked)).map(({ value }) => value)).toEqual([1, 2, 3, undefined]);
  });
});
