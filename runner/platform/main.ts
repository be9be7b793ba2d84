/**
 * The runner's JavaScript: the web platform and the actor side in one place, as the Rust side calls it. It is evaluated
 * before the bundle, once for all processes that start from the image.
 */
import { actorRuntime, paramsOf, shapeOf, type Shape } from "./actor/index";
import { type CryptoNative, installCrypto } from "./crypto/index";
import type { Entry, HttpReply } from "./entry";
import type { Native } from "./native";
import {
  type ReadableStream, type WebNatives, dispatchRejection, inspect, installWeb, makeRequest, nextTimer, replyOf,
  runTimers, timers,
} from "./web/index";

const NOTHING = Object.freeze(Object.create(null)) as Record<string, string>;

export default function install(native: Native, web: WebNatives, crypto: CryptoNative): Entry {
  installWeb(globalThis, native, web);
  installCrypto(globalThis, crypto);

  const actor = actorRuntime(native, {
    after: timers.setTimeout,
    cancel: timers.clearTimeout,
    request: (target) => makeRequest("GET", target) as never,
    show,
  });
  Object.defineProperty(globalThis, "kv", { value: actor.exports.kv, configurable: true, writable: true });

  let shape: Shape | undefined;

  function handle(method: string, target: string, params?: [name: string, value: string][]): HttpReply | Promise<HttpReply> {
    if (shape?.kind !== "fetch") throw new Error("this component answers no requests");
    const context = { params: params === undefined ? NOTHING : paramsOf(params) };
    const answer = shape.fetch(makeRequest(method, target) as never, context);
    return isThenable(answer) ? (answer.then(reply) as Promise<HttpReply>) : reply(answer);
  }

  function reply(answer: unknown): HttpReply | Promise<HttpReply> {
    const whole = replyOf(answer);
    const [status, fields, body] = whole;
    if (body === null || typeof body === "string" || body instanceof Uint8Array) return whole as HttpReply;
    native.startReply(status, fields);
    return pump(body);
  }

  /** Writes a stream out as the client takes it, and gives it up when the client has gone. */
  async function pump(stream: ReadableStream<Uint8Array>): Promise<undefined> {
    const reader = stream.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      if (!(value instanceof Uint8Array)) throw new TypeError("a body's stream gives Uint8Arrays, and nothing else");
      for (let rest = value; rest.length > 0; ) {
        const written = native.writeReply(rest);
        if (written < 0) return void (await reader.cancel(new Error("the client went away")));
        rest = rest.subarray(written);
      }
    }
  }

  return {
    exports: actor.exports as unknown as Record<string, unknown>,
    describe(bundle) {
      shape = shapeOf(bundle);
      return { kind: shape.kind };
    },
    handle,
    async run() {
      if (shape === undefined) throw new Error("there is no bundle");
      await actor.run(shape);
    },
    nextTimer,
    runTimers,
    unheard: (promise, reason) => (dispatchRejection(promise, reason) ? undefined : `Unhandled rejection: ${show(reason)}`),
    show,
  };
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

/** An error with its stack and causes, as a console shows it. */
function show(error: unknown): string {
  return error instanceof Error ? inspect(error) : `Uncaught ${inspect(error)}`;
}
