import type { PidLike } from "../../../sdk/rusm-ts/index.js";

/** How many pids are known before those that nobody holds any more are swept out. */
const FIRST_SWEEP = 256;

const known = new Map<bigint, WeakRef<Pid>>();
let sweepAt = FIRST_SWEEP;

/**
 * A process's identity. One object for each number, so that `===` and the keys of a `Map` do what they should: a bigint
 * could, but it could not be told from an integer when it is sent.
 */
export class Pid {
  static readonly node = Pid.of(1n << 48n);

  private constructor(readonly value: bigint) {}

  static of(number: bigint): Pid {
    const there = known.get(number)?.deref();
    if (there !== undefined) {
      return there;
    }
    if (typeof number !== "bigint" || BigInt.asUintN(64, number) !== number) {
      throw new TypeError(`${String(number)} is no pid: a pid is a bigint of 64 bits`);
    }
    if (known.size >= sweepAt) {
      sweep();
    }
    const pid = new Pid(number);
    known.set(number, new WeakRef(pid));
    return pid;
  }

  valueOf(): bigint {
    return this.value;
  }

  toString(): string {
    return this.value.toString();
  }

  toJSON(): { $pid: string } {
    return { $pid: this.value.toString() };
  }

  /** What consoles show. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `Pid(${this.value})`;
  }
}

function sweep(): void {
  for (const [number, pid] of known) {
    if (pid.deref() === undefined) {
      known.delete(number);
    }
  }
  sweepAt = Math.max(FIRST_SWEEP, 2 * known.size);
}

/** The number that the host knows a process by. */
export function numberOf(process: PidLike): bigint {
  if (typeof process === "bigint") {
    return process;
  }
  if (process instanceof Pid) {
    return process.value;
  }
  throw new TypeError(`${String(process)} is no pid`);
}
