import { expect, test } from "bun:test";
import { MockNode } from "./node";

const setup = () => new MockNode().bare().rusm.kv;

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

test("a key is set, read and deleted", async () => {
  const kv = setup();
  await kv.set("users", "ann", "Ann Lee");
  expect(Buffer.from((await kv.get("users", "ann"))!).toString()).toBe("Ann Lee");
  expect(await kv.getText("users", "ann")).toBe("Ann Lee");
  expect([await kv.exists("users", "ann"), await kv.exists("users", "bob")]).toEqual([true, false]);
  expect([await kv.delete("users", "ann"), await kv.delete("users", "ann")]).toEqual([true, false]);
  expect([await kv.get("users", "ann"), await kv.getText("users", "ann"), await kv.getJson("users", "ann")]).toEqual([
    null,
    null,
    null,
  ]);
});

test("a value may be JSON", async () => {
  const carts = setup().bucket("carts");
  await carts.setJson("ann", ["tea"]);
  expect(await carts.getJson<string[]>("ann")).toEqual(["tea"]);
  await carts.set("bob", "{");
  expect(carts.getJson("bob")).rejects.toMatchObject({ code: "invalid" });
  expect(carts.setJson("bob", undefined)).rejects.toMatchObject({ code: "invalid" });
  await carts.set("bin", new Uint8Array([0xff]));
  expect(carts.getText("bin")).rejects.toThrow(/UTF-8/);
});

test("keys are read page by page", async () => {
  const kv = setup();
  const events = kv.bucket("events");
  for (const key of ["2026-01", "2026-02", "2026-03", "2027-01"]) await events.set(key, key);
  expect(await kv.list("events", { limit: 2 })).toEqual({ items: ["2026-01", "2026-02"], more: true });
  expect(await all(events.keys({ prefix: "2026", limit: 1 }))).toEqual(["2026-01", "2026-02", "2026-03"]);
  expect(await all(events.keys({ from: "2026-02", to: "2027-01", reverse: true, limit: 1 }))).toEqual([
    "2026-03",
    "2026-02",
  ]);
  const entries = await all(events.entries({ limit: 3 }));
  expect(entries.map(([key, value]) => [key, Buffer.from(value).toString()])).toContainEqual(["2027-01", "2027-01"]);
  expect(events.list({ prefix: "a", from: "b" })).rejects.toMatchObject({ code: "invalid" });
  expect([await events.count(), await events.clear(), await events.count()]).toEqual([4, 4, 0]);
});

test("keys need not be text", async () => {
  const bucket = setup().bucket("b");
  await bucket.set(new Uint8Array([0xff]), "x");
  expect(bucket.list()).rejects.toThrow(/bytes/);
  expect(await all(bucket.keys({ keys: "bytes" }))).toEqual([new Uint8Array([0xff])]);
});

test("a counter counts by numbers or by bigints", async () => {
  const stats = setup().bucket("stats");
  expect([await stats.increment("n"), await stats.increment("n", 2), await stats.increment("n", 2n ** 60n)]).toEqual([
    1,
    3,
    2n ** 60n + 3n,
  ]);
  expect(stats.increment("n", 1.5)).rejects.toThrow(RangeError);
  expect([await stats.ttl("n"), await stats.ttl("m")]).toEqual([Infinity, null]);
});

test("a value is set by comparison, and many at once or not at all", async () => {
  const kv = setup();
  const locks = kv.bucket("locks");
  expect([await locks.compareAndSet("door", null, "ann"), await locks.compareAndSet("door", null, "bob")]).toEqual([
    true,
    false,
  ]);
  expect(await locks.compareAndSet("door", "ann", null)).toBe(true);
  await kv.set("accounts", "ann", "100");
  const move = () =>
    kv
      .batch()
      .expect("accounts", "ann", "100")
      .set("accounts", "ann", "60")
      .set("accounts", "bob", "40")
      .delete("log", "x")
      .write();
  expect([await move(), await move()]).toEqual([true, false]);
  expect(await kv.getText("accounts", "bob")).toBe("40");
});

test("what the profile does not grant is refused", async () => {
  expect(setup().get("denied", "x")).rejects.toMatchObject({ code: "denied" });
});
