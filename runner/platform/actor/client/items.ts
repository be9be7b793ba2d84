import type { ExitReason } from "../../../../sdk/rusm-ts/index.js";
import { CallError, down, messageOf } from "../errors";
import { received } from "../wire/decode";
import { callFrame, cancelFrame, creditFrame } from "../wire/frame";
import type { Callee } from "./call";
import type { Calls, Pending, Reply } from "./calls";

/** How many items may be on their way at once. The callee makes no more until some of these were taken. */
const WINDOW = 16;

type Result = IteratorResult<unknown, undefined>;

const DONE: Result = { done: true, value: undefined };

/** The items of a stream, as a service makes them. Left before its end, it has the service stop. */
export class Items implements AsyncIterableIterator<unknown, undefined>, Pending {
  callee = 0n;
  #ref = 0;
  #monitor: bigint | undefined;
  #state: "new" | "open" | "over" = "new";
  /** Came before they were asked for; JSON still. */
  #items: unknown[] = [];
  /** Asked for before they came. */
  readonly #asked: { resolve: (result: Result) => void; reject: (error: unknown) => void }[] = [];
  #failure: { error: unknown } | undefined;
  #timer: number | undefined;
  /** Items taken for which the callee has no new credit yet. */
  #taken = WINDOW;

  constructor(
    readonly calls: Calls,
    readonly of: Callee,
    readonly args: string,
  ) {}

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<Result> {
    if (this.#state === "new") {
      this.#begin();
    }
    if (this.#state === "open") {
      if (this.#taken > WINDOW / 2) {
        this.calls.host.native.send(this.callee, creditFrame(this.#ref, this.#taken));
        this.#taken = 0;
      }
      while (this.#items.length === 0 && this.#isOpen() && this.calls.mailbox.poll()) {
        // What was read went elsewhere.
      }
    }
    if (this.#items.length > 0) {
      return this.#value(this.#items.shift());
    }
    if (this.#state === "over") {
      return this.#last();
    }
    return new Promise((resolve, reject) => {
      if (this.#asked.push({ resolve, reject }) === 1) {
        this.calls.mailbox.want();
        this.#limit();
      }
    });
  }

  #isOpen(): boolean {
    return this.#state === "open";
  }

  /** Sends the call. */
  #begin(): void {
    this.calls.flush();
    const { host } = this.calls;
    const signal = this.of.options?.signal;
    this.#state = "over";
    signal?.throwIfAborted();
    this.callee = this.of.connection.living(host.native);
    this.#ref = this.calls.number();
    this.#monitor = this.calls.begin(this, this.#ref, callFrame(this.of.op, this.args, this.#ref, true));
    this.#state = "open";
    signal?.addEventListener("abort", this.#abort);
  }

  readonly #abort = (): void => this.#cancel({ error: this.of.options?.signal?.reason });

  #limit(): void {
    const { host } = this.calls;
    this.#timer = host.deadline(this.of.options?.timeout ?? this.of.connection.timeout, () =>
      this.#cancel({ error: new CallError("the service did not answer in time", "timeout") }),
    );
  }

  #value(json: unknown): Result {
    try {
      const value = received(json);
      this.#taken++;
      return { done: false, value };
    } catch (error) {
      const failure = new CallError(
        `an item of \`${this.of.function}\` is no value: ${messageOf(error)}`,
        "bad-answer",
      );
      this.#items = [];
      this.#cancel(undefined);
      throw failure;
    }
  }

  #last(): Result {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) {
      throw failure.error;
    }
    return DONE;
  }

  reply(reply: Reply): void {
    switch (reply.is) {
      case "item":
        return this.#item(reply.value);
      case "end":
        return this.#close(undefined, false);
      case "err":
        return this.#close({ error: new CallError(reply.message, reply.code) }, false);
      case "ok": {
        const text = `\`${this.of.function}\` gives one value and no stream`;
        return this.#close({ error: new CallError(text, "bad-answer") }, false);
      }
    }
  }

  #item(json: unknown): void {
    const asked = this.#asked.shift();
    if (asked === undefined) {
      this.#items.push(json);
      return;
    }
    this.calls.host.cancel(this.#timer);
    if (this.#asked.length === 0) {
      this.calls.mailbox.unwant();
    } else {
      this.#limit();
    }
    try {
      asked.resolve(this.#value(json));
    } catch (error) {
      asked.reject(error);
    }
  }

  invoke(): void {
    // A streaming call has no closures.
  }

  down(reason: ExitReason): void {
    this.#monitor = undefined;
    this.#close({ error: down(reason) }, false);
  }

  /** Ends the stream by the caller's will. */
  #cancel(failure: { error: unknown } | undefined): void {
    if (this.#state === "open") {
      this.#close(failure, true);
      this.calls.host.native.send(this.callee, cancelFrame(this.#ref));
    }
  }

  #close(failure: { error: unknown } | undefined, givenUp: boolean): void {
    if (this.#state !== "open") {
      return;
    }
    this.#state = "over";
    this.#failure = failure;
    if (this.#monitor !== undefined) {
      this.calls.mailbox.unwatch(this.#monitor);
    }
    this.calls.end(this, this.#ref, givenUp);
    this.of.options?.signal?.removeEventListener("abort", this.#abort);
    if (this.#asked.length > 0) {
      this.calls.host.cancel(this.#timer);
      this.calls.mailbox.unwant();
    }
    for (const { resolve, reject } of this.#asked.splice(0)) {
      try {
        resolve(this.#last());
      } catch (error) {
        reject(error);
      }
    }
  }

  async return(): Promise<Result> {
    this.#cancel(undefined);
    this.#state = "over";
    this.#items = [];
    this.#failure = undefined;
    return DONE;
  }
}
