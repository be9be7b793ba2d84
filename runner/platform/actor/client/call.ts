import type { CallOptions, ExitReason } from "../../../../sdk/rusm-ts/index.js";
import { CallError, down, messageOf } from "../errors";
import { received } from "../wire/decode";
import { encodeArguments } from "../wire/encode";
import { callFrame } from "../wire/frame";
import type { Calls, Pending, Reply } from "./calls";
import type { Connection } from "./connection";
import { Items } from "./items";

type Closure = (...args: unknown[]) => unknown;

/** A function of a service's, and how it is called. */
export interface Callee {
  connection: Connection;
  function: string;
  /** Its name as a document. */
  op: string;
  options: CallOptions | undefined;
}

/** One call: from its arguments to its answer, with invocations of closures between the two. */
class Call implements Pending {
  callee = 0n;
  #ref = 0;
  readonly #arguments: string = "[]";
  #closures: Map<number, Closure> | undefined;
  #monitor: bigint | undefined;
  #timer: number | undefined;
  #state: "deferred" | "waits" | "over" = "deferred";
  /** The closure that is at work. What comes after its invocation waits for it. */
  #busy: Promise<void> | undefined;
  #abort: (() => void) | undefined;
  readonly #result = Promise.withResolvers<unknown>();

  constructor(
    readonly calls: Calls,
    readonly of: Callee,
    args: unknown[],
  ) {
    try {
      this.#arguments = encodeArguments(args, (closure) => {
        const number = calls.listen(this);
        (this.#closures ??= new Map<number, Closure>()).set(number, closure);
        return number;
      });
    } catch (error) {
      this.#fail(new CallError(messageOf(error), "unsendable"), false);
    }
  }

  get promise(): Promise<unknown> {
    return this.#result.promise;
  }

  /** Sends it, unless it turned out to be a stream. */
  send(): void {
    if (this.#state !== "deferred") {
      return;
    }
    const { host, mailbox } = this.calls;
    const { signal, timeout = this.of.connection.timeout } = this.of.options ?? {};
    this.#ref = this.calls.number();
    try {
      signal?.throwIfAborted();
      this.#begin();
    } catch (error) {
      return this.#fail(error, false);
    }
    this.#state = "waits";
    mailbox.want();
    this.#timer = host.deadline(timeout, () => {
      this.#fail(new CallError("the service did not answer in time", "timeout"), true);
    });
    if (signal !== undefined) {
      this.#abort = () => this.#fail(signal.reason, true);
      signal.addEventListener("abort", this.#abort);
    }
  }

  #begin(): void {
    this.callee = this.of.connection.callee(this.calls.host.native);
    const frame = callFrame(this.of.op, this.#arguments, this.#ref, false);
    this.#monitor = this.calls.begin(this, this.#ref, frame);
  }

  reply(reply: Reply): void {
    if (this.#busy !== undefined) {
      // Every invocation that came before the answer is seen before it. That the callee ends meanwhile is no matter any more.
      this.#unwatch();
      void this.#busy.then(() => this.reply(reply));
      return;
    }
    switch (reply.is) {
      case "ok":
        return this.#value(reply.value);
      case "err":
        return this.#fail(new CallError(reply.message, reply.code), false);
      default:
        return this.#fail(new CallError(`\`${this.of.function}\` answers with a stream`, "bad-answer"), false);
    }
  }

  #value(json: unknown): void {
    let value: unknown;
    try {
      value = received(json);
    } catch (error) {
      const text = `the answer of \`${this.of.function}\` is no value: ${messageOf(error)}`;
      return this.#fail(new CallError(text, "bad-answer"), false);
    }
    if (this.#end(false)) {
      this.#result.resolve(value);
    }
  }

  down(reason: ExitReason): void {
    this.#monitor = undefined;
    // It was dead before the call came, and so has done nothing of it.
    if (reason.kind === "no-process" && this.of.connection.lookUpAgain(this.calls.host.native)) {
      try {
        return this.#begin();
      } catch (error) {
        return this.#fail(error, false);
      }
    }
    this.#fail(down(reason), false);
  }

  invoke(number: number, args: unknown[]): void {
    if (this.#busy !== undefined) {
      void this.#busy.then(() => this.invoke(number, args));
      return;
    }
    const closure = this.#closures?.get(number);
    if (this.#state !== "waits" || closure === undefined) {
      return;
    }
    let values: unknown[];
    try {
      values = args.map((arg) => received(arg));
    } catch (error) {
      // The callee's mistake is not the caller's failure.
      const text = `a closure given to \`${this.of.function}\` was called with what is no value`;
      return this.calls.host.warn(`${text}: ${messageOf(error)}`);
    }
    try {
      const result = closure(...values);
      if (isThenable(result)) {
        this.#busy = this.#settled(result);
      }
    } catch (error) {
      this.#fail(error, true);
    }
  }

  /** Waits for a closure. */
  async #settled(result: PromiseLike<unknown>): Promise<void> {
    try {
      await result;
      this.#busy = undefined;
    } catch (error) {
      this.#busy = undefined;
      this.#fail(error, true);
    }
  }

  #unwatch(): void {
    if (this.#monitor !== undefined) {
      this.calls.mailbox.unwatch(this.#monitor);
      this.#monitor = undefined;
    }
  }

  #fail(error: unknown, givenUp: boolean): void {
    if (!this.#end(givenUp)) {
      return;
    }
    this.#result.reject(error);
    if (isWrongKind(error)) {
      // It may still be iterated. What nobody hears of would end the process.
      this.promise.catch(() => {});
    }
  }

  /** False if it is over already. */
  #end(givenUp: boolean): boolean {
    if (this.#state === "over") {
      return false;
    }
    const { calls } = this;
    this.#unwatch();
    calls.end(this, this.#ref, givenUp, this.#closures);
    if (this.#state === "waits") {
      calls.host.cancel(this.#timer);
      calls.mailbox.unwant();
      if (this.#abort !== undefined) {
        this.of.options?.signal?.removeEventListener("abort", this.#abort);
      }
    }
    this.#state = "over";
    return true;
  }

  /** The same call as one that waits for many values. */
  iterate(): AsyncIterator<unknown> {
    if (this.#state !== "deferred") {
      return this.#iterateLate();
    }
    if (this.#closures !== undefined) {
      this.#fail(new CallError("a streaming call has no closures", "unsendable"), false);
      return this.#iterateLate();
    }
    this.#end(false);
    return new Items(this.calls, this.of, this.#arguments);
  }

  /** It was sent as a call already, which a function that gives a stream refuses without having run. */
  async *#iterateLate(): AsyncGenerator<unknown, void, undefined> {
    try {
      await this.promise;
    } catch (error) {
      if (!isWrongKind(error) || this.#closures !== undefined) {
        throw error;
      }
      yield* new Items(this.calls, this.of, this.#arguments);
      return;
    }
    throw new CallError(`\`${this.of.function}\` gives one value: await it`, "wrong-kind");
  }
}

/** Calls a function. What it gives can be awaited, or iterated if the function gives a stream. */
export function invoke(calls: Calls, of: Callee, args: unknown[]): Promise<unknown> & AsyncIterable<unknown> {
  const call = new Call(calls, of, args);
  calls.defer(call);
  const result = call.promise as Promise<unknown> & AsyncIterable<unknown>;
  result[Symbol.asyncIterator] = () => call.iterate();
  return result;
}

/** Calls a function that nobody waits for. */
export function cast(calls: Calls, of: Callee, args: unknown[]): void {
  calls.flush();
  const { native } = calls.host;
  let frame: string;
  try {
    const documents = encodeArguments(args, () => {
      throw new TypeError("a cast has no closures: nobody would listen to them");
    });
    frame = callFrame(of.op, documents, undefined, false);
  } catch (error) {
    throw new CallError(messageOf(error), "unsendable");
  }
  const callee = of.connection.living(native);
  try {
    native.send(callee, frame);
  } catch (error) {
    throw new CallError(messageOf(error), "unsent");
  }
}

/** The service's word that the function gives a stream, and did not run. */
function isWrongKind(error: unknown): boolean {
  return error instanceof CallError && error.code === "wrong-kind";
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}
