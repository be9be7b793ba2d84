import { equal, errors, ok, test, throws } from "./support/test";

test("an event's defaults and options", () => {
  const event = new Event("x");
  equal([event.type, event.bubbles, event.cancelable, event.composed, event.defaultPrevented, event.target, event.currentTarget, event.eventPhase, event.isTrusted, event.returnValue], ["x", false, false, false, false, null, null, 0, false, true]);
  const full = new Event("", { bubbles: true, cancelable: true, composed: true });
  equal([full.type, full.bubbles, full.cancelable, full.composed], ["", true, true, true]);
  throws(TypeError, () => new (Event as unknown as new () => void)());
  equal(new Event(undefined as never).type, "undefined");
  const constants = Event as unknown as Record<string, number>;
  equal(["NONE", "CAPTURING_PHASE", "AT_TARGET", "BUBBLING_PHASE"].map((name) => constants[name]), [0, 1, 2, 3]);
  ok(event.timeStamp >= 0);
  equal(String(event), "[object Event]");
});

test("dispatched to listeners in their order", () => {
  const target = new EventTarget();
  const log: unknown[] = [];
  target.addEventListener("x", function (this: unknown, event: Event) {
    log.push(["a", this === target, event.target === target, event.currentTarget === target, event.eventPhase, event.composedPath().length]);
  } as never);
  target.addEventListener("x", { handleEvent(this: object, event: Event) { log.push(["b", "handleEvent" in this, event.type]); } } as never);
  target.addEventListener("x", () => log.push("capture"), true);
  target.addEventListener("y", () => log.push("never"));
  const event = new Event("x");
  equal(target.dispatchEvent(event), true);
  equal(log, ["capture", ["a", true, true, true, 2, 1], ["b", true, "x"]]);
  equal([event.currentTarget, event.eventPhase, event.target === target], [null, 0, true]);
});

test("one listener is added once, and removed", () => {
  const target = new EventTarget();
  let count = 0;
  const listener = () => (count += 1);
  target.addEventListener("x", listener);
  target.addEventListener("x", listener, { capture: false, once: true });
  target.addEventListener("x", listener, true);
  target.dispatchEvent(new Event("x"));
  equal(count, 2);
  target.removeEventListener("x", listener);
  target.dispatchEvent(new Event("x"));
  equal(count, 3);
  target.removeEventListener("x", listener, { capture: true });
  target.dispatchEvent(new Event("x"));
  equal(count, 3);
});

test("once, passive, and preventDefault", () => {
  const target = new EventTarget();
  let count = 0;
  target.addEventListener("x", () => (count += 1), { once: true });
  target.dispatchEvent(new Event("x"));
  target.dispatchEvent(new Event("x"));
  equal(count, 1);
  target.addEventListener("p", (event: Event) => event.preventDefault(), { passive: true });
  equal(target.dispatchEvent(new Event("p", { cancelable: true })), true);
  target.addEventListener("c", (event: Event) => event.preventDefault());
  equal(target.dispatchEvent(new Event("c", { cancelable: true })), false);
  equal(target.dispatchEvent(new Event("c")), true);
  target.addEventListener("r", (event: Event) => (event.returnValue = false));
  equal(target.dispatchEvent(new Event("r", { cancelable: true })), false);
});

test("stopImmediatePropagation; listeners added and removed meanwhile", () => {
  const target = new EventTarget();
  const log: string[] = [];
  const removed = () => log.push("removed");
  target.addEventListener("x", () => {
    log.push("first");
    target.removeEventListener("x", removed);
    target.addEventListener("x", () => log.push("late"));
  }, { once: true });
  target.addEventListener("x", removed);
  target.dispatchEvent(new Event("x"));
  equal(log, ["first"]);
  target.addEventListener("y", (event: Event) => event.stopImmediatePropagation());
  target.addEventListener("y", () => log.push("stopped"));
  target.dispatchEvent(new Event("y"));
  equal(log, ["first"]);
});

test("a signal removes its listeners", () => {
  const target = new EventTarget();
  const controller = new AbortController();
  let count = 0;
  target.addEventListener("x", () => (count += 1), { signal: controller.signal });
  target.dispatchEvent(new Event("x"));
  controller.abort();
  target.dispatchEvent(new Event("x"));
  target.addEventListener("x", () => (count += 1), { signal: controller.signal });
  target.dispatchEvent(new Event("x"));
  equal(count, 1);
  throws(TypeError, () => target.addEventListener("x", () => {}, { signal: {} as never }));
  throws(TypeError, () => target.addEventListener("x", () => {}, { signal: null as never }));
});

test("a listener's exception is reported, and the others run", () => {
  const target = new EventTarget();
  let ran = false;
  target.addEventListener("x", () => { throw new RangeError("x"); });
  target.addEventListener("x", {} as never);
  target.addEventListener("x", () => void (ran = true));
  ok(target.dispatchEvent(new Event("x")));
  ok(ran);
  equal(errors.splice(0).map(String), ["RangeError: x", "TypeError: the listener's handleEvent is no function"]);
});

test("what cannot be dispatched or added", () => {
  const target = new EventTarget();
  throws(TypeError, () => target.dispatchEvent(null as never));
  throws(TypeError, () => target.dispatchEvent({ type: "x" } as never));
  throws(TypeError, () => target.addEventListener("x", "text" as never));
  target.addEventListener("x", null);
  target.addEventListener("x", undefined as never);
  const event = new Event("again");
  target.addEventListener("again", () => void throws("InvalidStateError", () => target.dispatchEvent(event)));
  target.dispatchEvent(event);
  target.dispatchEvent(event);
});

test("subclasses", () => {
  class Door extends EventTarget {
    open() { return this.dispatchEvent(new CustomEvent("open", { detail: 7 })); }
  }
  const door = new Door();
  let detail: unknown;
  door.addEventListener("open", (event: CustomEvent) => void (detail = event.detail));
  door.open();
  equal(detail, 7);
});

test("CustomEvent, ErrorEvent, PromiseRejectionEvent, MessageEvent", () => {
  equal(new CustomEvent("x").detail, null);
  const error = new ErrorEvent("error", { message: "m", filename: "f", lineno: 1, colno: 2, error: 3 });
  equal([error.message, error.filename, error.lineno, error.colno, error.error], ["m", "f", 1, 2, 3]);
  const promise = Promise.resolve();
  const rejection = new PromiseRejectionEvent("unhandledrejection", { promise, reason: 1 });
  ok(rejection.promise === promise);
  equal(rejection.reason, 1);
  throws(TypeError, () => new PromiseRejectionEvent("x", {} as never));
  const message = new MessageEvent("message", { data: 1, origin: "o" });
  equal([message.data, message.origin, message.ports.length], [1, "o", 0]);
  const custom = new CustomEvent("a", { detail: 1 });
  custom.initCustomEvent("b", true, true, 2);
  equal([custom.type, custom.bubbles, custom.detail], ["b", true, 2]);
});

test("the global object's events", () => {
  const seen: unknown[] = [];
  const listener = (event: ErrorEvent) => {
    seen.push(event.error);
    event.preventDefault();
  };
  const global = globalThis as unknown as EventTarget;
  global.addEventListener("error", listener as never);
  reportError(7);
  global.removeEventListener("error", listener as never);
  reportError(8);
  equal(seen, [7]);
  equal(errors.splice(0), [8]);
  throws(TypeError, () => (reportError as unknown as () => void)());
});
