import { CallError, messageOf } from "../errors";
import type { Host } from "../host";
import type { Envelope } from "../mail";
import type { Correspondence, Mailbox, Watcher } from "../mailbox";
import type { Frame } from "../wire/frame";

/** How many given-up calls and closures are remembered. An answer to one before these is ordinary mail. */
const REMEMBERED = 1024;

/** What a callee says of a call. */
export type Reply = Extract<Frame, { is: "ok" | "item" | "err" | "end" }>;

/** A call that waits for what its callee says. */
export interface Pending extends Watcher {
  readonly callee: bigint;
  reply(reply: Reply): void;
  invoke(closure: number, args: unknown[]): void;
}

/** The calls that this process has under way, by their numbers. */
export class Calls implements Correspondence {
  readonly #pending = new Map<number, Pending>();
  /** By the number of a closure: the call that it belongs to. */
  readonly #closures = new Map<number, Pending>();
  /** Numbers of given-up calls and closures: whose answers are to be dropped. The oldest comes first. */
  readonly #late = new Map<number, bigint>();
  /** Calls that are not sent yet. */
  #unsent: { send(): void }[] = [];
  #next = 1;

  constructor(
    readonly host: Host,
    readonly mailbox: Mailbox,
  ) {
    mailbox.route(this);
  }

  /** A number that no other call or closure of this process has. */
  number(): number {
    return this.#next++;
  }

  get open(): boolean {
    return this.#pending.size > 0 || this.#late.size > 0;
  }

  /**
   * Sends a call when the code that made it has come to an await, or sends something else: only then does it show whether
   * it waits for one value or for many.
   */
  defer(call: { send(): void }): void {
    if (this.#unsent.push(call) === 1) {
      queueMicrotask(this.flush);
    }
  }

  /** Sends what was deferred. Everything else that this process sends does so first, so that order is kept. */
  readonly flush = (): void => {
    while (this.#unsent.length > 0) {
      const unsent = this.#unsent;
      this.#unsent = [];
      for (const call of unsent) {
        call.send();
      }
    }
  };

  /**
   * Sends a call's frame, with a monitor of its callee.
   *
   * @throws CallError if it cannot be sent.
   */
  begin(call: Pending, ref: number, frame: string): bigint {
    const { native } = this.host;
    if (call.callee === native.ownPid()) {
      throw new CallError(`process ${call.callee} called itself, and cannot answer while it waits`, "calls-itself");
    }
    // Before the call is sent, so that no death goes unseen.
    const monitor = attempt("denied", () => native.awaitAnswer(call.callee));
    this.mailbox.watch(monitor, call);
    try {
      attempt("unsent", () => native.send(call.callee, frame));
    } catch (error) {
      this.mailbox.unwatch(monitor);
      throw error;
    }
    this.#pending.set(ref, call);
    return monitor;
  }

  /** Gives a closure a number, for a call. */
  listen(call: Pending): number {
    const number = this.number();
    this.#closures.set(number, call);
    return number;
  }

  /** The call is over. Its callee may go on to call closures, and if it was given up, to answer. */
  end(call: Pending, ref: number, givenUp: boolean, closures?: Map<number, unknown>): void {
    const sent = this.#pending.delete(ref);
    closures?.forEach((_, closure) => {
      this.#closures.delete(closure);
      if (sent) {
        this.#giveUp(call.callee, closure);
      }
    });
    if (sent && givenUp) {
      this.#giveUp(call.callee, ref);
    }
  }

  #giveUp(callee: bigint, number: number): void {
    if (this.#late.size === REMEMBERED) {
      for (const oldest of this.#late.keys()) {
        this.#late.delete(oldest);
        break;
      }
    }
    this.#late.set(number, callee);
  }

  take(envelope: Envelope): boolean {
    const frame = envelope.frame();
    const sender = envelope.raw.kind === "message" ? envelope.raw.sender : undefined;
    if (frame === null || sender === undefined) {
      return false;
    }
    switch (frame.is) {
      case "ok":
      case "item":
      case "err":
      case "end": {
        const call = this.#pending.get(frame.ref);
        // Nobody else can answer, nor can an answer to another process's call of the same number be meant.
        if (call !== undefined && call.callee === sender) {
          call.reply(frame);
          return true;
        }
        return this.#isLate(sender, frame.ref, frame.is !== "item");
      }
      case "cb": {
        const call = this.#closures.get(frame.number);
        if (call !== undefined && call.callee === sender) {
          call.invoke(frame.number, frame.args);
          return true;
        }
        return this.#isLate(sender, frame.number, false);
      }
      default:
        return false;
    }
  }

  /** Whether it answers what was given up. */
  #isLate(sender: bigint, number: number, over: boolean): boolean {
    if (this.#late.get(number) !== sender) {
      return false;
    }
    if (over) {
      this.#late.delete(number);
    }
    return true;
  }
}

/** What the host refuses is an error of the call. */
function attempt<T>(code: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof CallError ? error : new CallError(messageOf(error), code);
  }
}
