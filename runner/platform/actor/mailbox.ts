import type { ExitReason, Mail } from "../../../sdk/rusm-ts/index.js";
import type { Host } from "./host";
import { Envelope } from "./mail";

/** How many mails in a row are taken without a look at timers and whatever else may be ready. */
const BURST = 32;

/** Somebody who waits for mail, but for the main loop. */
interface Waiter {
  wanted: (mail: Mail) => boolean;
  resolve: (mail: Mail | null) => void;
  reject: (error: unknown) => void;
  timer: number | undefined;
}

/** Whoever is to know why a process ended. */
export interface Watcher {
  down(reason: ExitReason): void;
}

/** Mail that belongs to a conversation of this process's own. */
export interface Correspondence {
  /** Whether there is any such conversation. */
  readonly open: boolean;
  /** Takes a message; false if it is none of theirs. */
  take(envelope: Envelope): boolean;
}

/**
 * The one reader of the process's mailbox: answers go to the calls that wait for them, and the rest to whoever receives, in
 * order.
 *
 * It reads only while somebody waits for something. So what nobody wants yet stays in the node's mailbox, which has a
 * bound, and a process that waits for nothing can end.
 */
export class Mailbox {
  /** Read, and wanted by nobody yet, in the order of arrival. */
  readonly #queue: Envelope[] = [];
  readonly #waiters: Waiter[] = [];
  /** What each monitor is for: null for one of the application's own. One that is not here was taken back. */
  readonly #monitors = new Map<bigint, Watcher | null>();
  /** How many wait for something that comes as mail. */
  #wanted = 0;
  #waiting: number | undefined;
  #reading = false;
  #taken = 0;
  #arrival: (() => void) | undefined;
  #correspondence: Correspondence = { open: false, take: () => false };

  /** Whether frames are for the main loop alone. */
  serving = false;

  constructor(private readonly host: Host) {}

  route(correspondence: Correspondence): void {
    this.#correspondence = correspondence;
  }

  /** Has the mailbox read until `unwant` is called as often. */
  want(): void {
    this.#wanted++;
    this.#arm();
  }

  unwant(): void {
    this.#wanted--;
    if (this.#wanted === 0 && this.#waiting !== undefined) {
      this.host.native.forget(this.#waiting);
      this.#waiting = undefined;
    }
  }

  #arm(): void {
    if (this.#waiting === undefined && !this.#reading) {
      this.#waiting = this.host.native.whenReady(["mail"], this.#read);
    }
  }

  readonly #read = (): void => {
    this.#waiting = undefined;
    this.#taken = 0;
    this.#reading = true;
    try {
      while (this.#wanted > 0 && this.poll()) {
        // Until nobody wants any more, there is none, or others have their turn.
      }
    } finally {
      this.#reading = false;
      if (this.#wanted > 0) {
        this.#arm();
      }
    }
  };

  /** Reads one mail, if there is one. False too when it is time to let others have their turn. */
  poll(): boolean {
    return this.#taken < BURST && this.#take();
  }

  #take(): boolean {
    const mail = this.host.native.tryReceive();
    if (mail === undefined) {
      return false;
    }
    this.#taken++;
    this.accept(new Envelope(this.host, mail));
    return true;
  }

  /** Brings mail to where it belongs. */
  accept(envelope: Envelope): void {
    const { raw } = envelope;
    if (raw.kind === "down") {
      const watcher = this.#monitors.get(raw.monitor);
      if (watcher === undefined) {
        return;
      }
      this.#monitors.delete(raw.monitor);
      if (watcher !== null) {
        return watcher.down(raw.reason as ExitReason);
      }
    } else if (raw.kind === "message" && this.#correspondence.open && this.#correspondence.take(envelope)) {
      return;
    }
    if (!this.#deliver(envelope)) {
      this.#queue.push(envelope);
      this.#arrival?.();
    }
  }

  #deliver(envelope: Envelope): boolean {
    if (this.#waiters.length === 0 || this.#isServed(envelope)) {
      return false;
    }
    const mail = envelope.mail();
    for (let index = 0; index < this.#waiters.length; index++) {
      const waiter = this.#waiters[index]!;
      try {
        if (waiter.wanted(mail)) {
          this.#end(waiter).resolve(mail);
          return true;
        }
      } catch (error) {
        this.#end(waiter).reject(error);
        index--;
      }
    }
    return false;
  }

  #isServed(envelope: Envelope): boolean {
    return this.serving && envelope.isFrame();
  }

  #end(waiter: Waiter): Waiter {
    this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
    this.host.cancel(waiter.timer);
    this.unwant();
    return waiter;
  }

  /** The first mail that is wanted; null when the time is over. */
  async receive(wanted: (mail: Mail) => boolean, ms: number): Promise<Mail | null> {
    if (typeof ms !== "number" || Number.isNaN(ms)) {
      throw new TypeError("a time is a number of milliseconds");
    }
    // With no time to wait, all that is there has to be looked at.
    const more = ms > 0 ? () => this.poll() : () => this.#take();
    let index = 0;
    do {
      for (; index < this.#queue.length; index++) {
        const envelope = this.#queue[index]!;
        if (!this.#isServed(envelope) && wanted(envelope.mail())) {
          this.#queue.splice(index, 1);
          return envelope.mail();
        }
      }
    } while (more());
    if (ms <= 0) {
      return null;
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { wanted, resolve, reject, timer: undefined };
      waiter.timer = this.host.deadline(ms, () => this.#end(waiter).resolve(null));
      this.#waiters.push(waiter);
      this.want();
    });
  }

  /** The first mail that was read and that nobody wanted. */
  unclaimed(): Envelope | undefined {
    return this.#queue.shift();
  }

  /** Who is told when there is such mail. */
  whenUnclaimed(callback: (() => void) | undefined): void {
    this.#arrival = callback;
  }

  /** The next mail that nobody else wants, for the main loop; undefined if there is none now. */
  next(): Envelope | undefined {
    while (this.#queue.length === 0 && this.poll()) {
      // What was read went elsewhere.
    }
    return this.unclaimed();
  }

  /** Resolves when `next` may have something. */
  arrival(): Promise<void> {
    return new Promise((resolve) => {
      this.whenUnclaimed(() => {
        this.whenUnclaimed(undefined);
        this.unwant();
        resolve();
      });
      this.want();
    });
  }

  /** Remembers what a monitor is for. */
  watch(monitor: bigint, watcher: Watcher | null): void {
    this.#monitors.set(monitor, watcher);
  }

  /** Takes a monitor back. What it had to tell is dropped. */
  unwatch(monitor: bigint): void {
    if (this.#monitors.delete(monitor)) {
      this.host.native.demonitor(monitor);
    }
    if (this.#queue.length === 0) {
      return;
    }
    const index = this.#queue.findIndex(({ raw }) => raw.kind === "down" && raw.monitor === monitor);
    if (index >= 0) {
      this.#queue.splice(index, 1);
    }
  }
}
