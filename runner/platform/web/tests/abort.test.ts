import { equal, ok, test, throws } from "./support/test";

/** dom/abort of the web platform tests. */
test("a controller and its signal", () => {
  const controller = new AbortController();
  const { signal } = controller;
  equal([signal.aborted, signal.reason, signal.onabort], [false, undefined, null]);
  ok(signal === controller.signal);
  const log: unknown[] = [];
  signal.onabort = (event) => void log.push(["handler", event.type, event.isTrusted, event.bubbles]);
  signal.addEventListener("abort", (event: Event) => void log.push(["listener", event.target === signal]));
  controller.abort();
  controller.abort("again");
  equal(log, [["handler", "abort", true, false], ["listener", true]]);
  equal([signal.aborted, (signal.reason as DOMException).name, (signal.reason as DOMException).code], [true, "AbortError", 20]);
  throws("AbortError", () => signal.throwIfAborted());
  throws(TypeError, () => new AbortSignal());
});

test("reasons", () => {
  for (const reason of [1, "x", null, false, {}]) {
    const controller = new AbortController();
    controller.abort(reason);
    ok(controller.signal.reason === reason);
    ok(AbortSignal.abort(reason).reason === reason);
  }
  equal((AbortSignal.abort().reason as Error).name, "AbortError");
  const signal = AbortSignal.abort();
  ok(signal.reason === signal.reason && signal.aborted);
  new AbortController().signal.throwIfAborted();
});

test("timeout", async () => {
  const signal = AbortSignal.timeout(50);
  equal(signal.aborted, false);
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  equal((signal.reason as Error).name, "TimeoutError");
  for (const bad of [-1, NaN, Infinity, 2 ** 53 + 2, "x"]) throws(TypeError, () => AbortSignal.timeout(bad as never), String(bad));
  throws(TypeError, () => (AbortSignal.timeout as unknown as () => void)());
});

test("timeouts fire in order", async () => {
  const log: number[] = [];
  await Promise.all([20, 5, 10].map((delay) => new Promise<void>((resolve) => AbortSignal.timeout(delay).addEventListener("abort", () => (log.push(delay), resolve())))));
  equal(log, [5, 10, 20]);
});

/** dom/abort/resources/abort-signal-any-tests.js. */
test("any of none, of aborted ones, of some", () => {
  equal(AbortSignal.any([]).aborted, false);
  const signal = AbortSignal.any([new AbortController().signal, AbortSignal.abort("first"), AbortSignal.abort("second")]);
  equal([signal.aborted, signal.reason], [true, "first"]);
  for (let index = 0; index < 3; index += 1) {
    const controllers = [new AbortController(), new AbortController(), new AbortController()];
    const any = AbortSignal.any(controllers.map((controller) => controller.signal));
    controllers[index]!.abort(index);
    controllers[(index + 1) % 3]!.abort("late");
    equal([any.aborted, any.reason], [true, index]);
  }
  throws(TypeError, () => AbortSignal.any([{}] as never));
  throws(TypeError, () => AbortSignal.any(1 as never));
});

test("any of any", () => {
  const controllers = [new AbortController(), new AbortController()];
  const inner = AbortSignal.any([controllers[0]!.signal]);
  const outer = AbortSignal.any([inner, controllers[1]!.signal]);
  let order = "";
  controllers[0]!.signal.addEventListener("abort", () => (order += "0"));
  inner.addEventListener("abort", () => (order += "i"));
  outer.addEventListener("abort", () => (order += "o"));
  controllers[0]!.abort("x");
  equal([outer.reason, inner.reason, order], ["x", "x", "0io"]);
});

test("all are aborted before any event", () => {
  const controller = new AbortController();
  const any = AbortSignal.any([controller.signal]);
  let seen: boolean | undefined;
  controller.signal.addEventListener("abort", () => (seen = any.aborted));
  controller.abort();
  equal(seen, true);
});

test("an abort within an abort comes too late", () => {
  const controllers = [new AbortController(), new AbortController()];
  const any = AbortSignal.any(controllers.map((controller) => controller.signal));
  let count = 0;
  controllers[0]!.signal.addEventListener("abort", () => controllers[1]!.abort("second"));
  any.addEventListener("abort", () => (count += 1));
  controllers[0]!.abort("first");
  equal([any.reason, count], ["first", 1]);
});

test("onabort changed and taken away", () => {
  const controller = new AbortController();
  const log: string[] = [];
  controller.signal.onabort = () => void log.push("old");
  controller.signal.addEventListener("abort", () => void log.push("listener"));
  controller.signal.onabort = () => void log.push("new");
  controller.abort();
  equal(log, ["new", "listener"]);
  const other = new AbortController();
  other.signal.onabort = () => void log.push("never");
  other.signal.onabort = null;
  other.signal.onabort = 1 as never;
  equal(other.signal.onabort, null);
  other.abort();
  equal(log.length, 2);
});
