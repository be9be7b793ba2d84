import { codeOf, messageOf } from "../errors";
import type { Host } from "../host";
import type { Mailbox } from "../mailbox";
import { endFrame } from "../wire/frame";
import { answer, answerError } from "./serving";

type Items = Iterator<unknown> | AsyncIterator<unknown>;

interface Stream {
  caller: bigint;
  ref: number;
  items: Items;
  /** How many items the caller has room for. */
  credit: number;
  /** Whether an item is being made. */
  busy: boolean;
  over: boolean;
  /** Tells when nobody wants the items any more. */
  monitor: bigint;
}

/**
 * The streams that a service is in the midst of.
 *
 * A generator that waits for something does not keep calls from being served; of those that do not wait, each gives way to
 * mail, timers and the other streams after an item.
 */
export class Streams {
  readonly #open: Stream[] = [];

  constructor(
    private readonly host: Host,
    private readonly mailbox: Mailbox,
  ) {}

  add(caller: bigint, ref: number, items: Items): void {
    let monitor: bigint;
    try {
      monitor = this.host.native.awaitAnswer(caller);
    } catch (error) {
      return answerError(this.host, caller, ref, messageOf(error), codeOf(error));
    }
    const stream: Stream = { caller, ref, items, credit: 0, busy: false, over: false, monitor };
    this.mailbox.watch(monitor, { down: () => this.#drop(stream) });
    this.#open.push(stream);
  }

  credit(caller: bigint, ref: number, items: number): void {
    const stream = this.#find(caller, ref);
    if (stream !== undefined) {
      stream.credit += items;
      if (!stream.busy) {
        void this.#give(stream);
      }
    }
  }

  cancel(caller: bigint, ref: number): void {
    const stream = this.#find(caller, ref);
    if (stream !== undefined) {
      this.#drop(stream);
    }
  }

  /** A caller's own number tells its streams apart; another's says nothing. */
  #find(caller: bigint, ref: number): Stream | undefined {
    return this.#open.find((stream) => stream.caller === caller && stream.ref === ref);
  }

  /** Gives items until the credit is used up, or there are no more. Never rejects. */
  async #give(stream: Stream): Promise<void> {
    const { host } = this;
    const { caller, ref, items } = stream;
    stream.busy = true;
    while (stream.credit > 0 && !stream.over) {
      let step: IteratorResult<unknown>;
      try {
        step = await items.next();
      } catch (error) {
        if (!stream.over) {
          this.#close(stream);
          answerError(host, caller, ref, messageOf(error), codeOf(error));
        }
        return;
      }
      if (stream.over) {
        return;
      }
      if (step.done === true) {
        this.#close(stream);
        host.native.send(caller, endFrame(ref));
        return;
      }
      stream.credit--;
      if (!answer(host, caller, ref, "item", step.value)) {
        return this.#drop(stream);
      }
      await new Promise<void>((resolve) => host.platform.after(resolve, 0));
    }
    stream.busy = false;
  }

  #close(stream: Stream): void {
    stream.over = true;
    this.#open.splice(this.#open.indexOf(stream), 1);
    this.mailbox.unwatch(stream.monitor);
  }

  /** Nobody wants its items any more. Its `finally` runs as soon as it can. */
  #drop(stream: Stream): void {
    this.#close(stream);
    const failed = (error: unknown): void => {
      this.host.warn(`a stream failed as it was stopped: ${this.host.platform.show(error)}`);
    };
    try {
      void Promise.resolve(stream.items.return?.()).catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}
