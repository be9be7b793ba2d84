import type { Native } from "../native";

/** What the actor side needs of the rest of the runner. */
export interface Platform {
  /** Calls back once, that many milliseconds from now: `setTimeout`, but the runner's own, which no bundle can replace. */
  after(callback: () => void, ms: number): number;
  cancel(timer: number): void;
  /** The request that a connection began with: a GET, of the host's `requestHeaders`. */
  request(target: string): InstanceType<typeof Request>;
  /** An error with its stack, as the log shows it. */
  show(error: unknown): string;
}

/** The longest time that a timer takes. A limit beyond it is none. */
const LONGEST = 2 ** 31 - 1;

/** Where this process meets the node: the natives, and what they are nearly always used with. */
export class Host {
  constructor(
    readonly native: Native,
    readonly platform: Platform,
  ) {}

  /** A timer for a limit, or none if the limit is for ever. */
  deadline(ms: number, callback: () => void): number | undefined {
    return ms > LONGEST ? undefined : this.platform.after(callback, ms);
  }

  cancel(timer: number | undefined): void {
    if (timer !== undefined) {
      this.platform.cancel(timer);
    }
  }

  warn(text: string): void {
    this.native.print(`[warn] ${text}`);
  }
}
