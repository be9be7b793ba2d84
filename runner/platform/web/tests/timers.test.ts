import { clock, state } from "./support/host";
import { equal, errors, ok, test, throws } from "./support/test";

const after = (delay: number) => new Promise<void>((resolve) => setTimeout(resolve, delay));

test("timeouts run by moment, then by age", async () => {
  const log: string[] = [];
  setTimeout(() => log.push("b"), 10);
  setTimeout(() => log.push("c"), 20);
  setTimeout(() => log.push("a"), 0);
  setTimeout(() => log.push("a2"), 0);
  setTimeout(() => log.push("b2"), 10);
  await after(30);
  equal(log, ["a", "a2", "b", "b2", "c"]);
});

test("microtasks run between timers", async () => {
  const log: string[] = [];
  setTimeout(() => {
    log.push("1");
    queueMicrotask(() => log.push("m"));
    void Promise.resolve().then(() => log.push("p"));
  });
  setTimeout(() => log.push("2"));
  await after(1);
  equal(log, ["1", "m", "p", "2"]);
});

test("arguments, this, and what is returned", async () => {
  let seen: unknown;
  const id = setTimeout(function (this: unknown, ...values: unknown[]) { seen = [this === globalThis, ...values]; }, 1, 2, "x");
  ok(typeof id === "number" && id > 0);
  await after(2);
  equal(seen, [true, 2, "x"]);
});

test("delays", async () => {
  const started = clock.monotonic;
  for (const delay of [undefined, null, NaN, -5, "0", Infinity, {}]) await after(delay as never);
  equal(clock.monotonic, started);
  await after("25" as never);
  equal(clock.monotonic, started + 25);
  await after(1.9);
  equal(clock.monotonic, started + 26);
});

test("cleared", async () => {
  let count = 0;
  const id = setTimeout(() => (count += 1), 1);
  clearTimeout(id);
  clearTimeout(id);
  clearTimeout(undefined);
  clearTimeout("x" as never);
  clearInterval(setTimeout(() => (count += 1), 1));
  const other: number = setTimeout(() => (count += 1), 2);
  setTimeout(() => clearTimeout(other), 1);
  await after(5);
  equal(count, 0);
});

test("intervals", async () => {
  const moments: number[] = [];
  const started = clock.monotonic;
  await new Promise<void>((resolve) => {
    const id = setInterval(() => {
      moments.push(clock.monotonic - started);
      if (moments.length === 3) {
        clearInterval(id);
        resolve();
      }
    }, 7);
  });
  await after(30);
  equal(moments, [7, 14, 21]);
});

test("an interval that throws goes on", async () => {
  let count = 0;
  const id = setInterval(() => {
    count += 1;
    if (count === 2) clearInterval(id);
    throw new Error("x");
  }, 1);
  await after(10);
  equal([count, errors.splice(0).length], [2, 2]);
});

test("a thousand timers, most of them cleared", async () => {
  const log: number[] = [];
  const ids: number[] = [];
  for (let index = 0; index < 1000; index += 1) ids.push(setTimeout(() => log.push(index), (index * 7919) % 500));
  ids.forEach((id, index) => index % 10 !== 0 && clearTimeout(id));
  await after(600);
  equal(log.length, 100);
  ok(log.every((index, at) => at === 0 || (index * 7919) % 500 >= (log[at - 1]! * 7919) % 500));
});

test("refused: text, and module scope", () => {
  throws(TypeError, () => setTimeout("alert()" as never));
  throws(TypeError, () => (setTimeout as unknown as () => void)());
  state.imaging = true;
  try {
    const error = throws(Error, () => setTimeout(() => {}, 1)) as Error;
    ok(error.message.includes("while the module is evaluated"));
    throws(Error, () => setInterval(() => {}, 1));
  } finally {
    state.imaging = false;
  }
});

test("queueMicrotask", async () => {
  const log: string[] = [];
  void Promise.resolve().then(() => log.push("a"));
  queueMicrotask(() => log.push("b"));
  await after(0);
  equal(log, ["a", "b"]);
  throws(TypeError, () => (queueMicrotask as (value: unknown) => void)(1));
});
