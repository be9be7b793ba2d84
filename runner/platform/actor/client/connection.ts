import type { PidLike } from "../../../../sdk/rusm-ts/index.js";
import type { Native } from "../../native";
import { CallError } from "../errors";
import { numberOf } from "../pid";

/** How long a call waits for its answer by default, in milliseconds. */
export const CALL_TIMEOUT = 5_000;

/** Whom a client calls, and how long it waits. */
export class Connection {
  readonly #name: string | undefined;
  #pid: bigint | undefined;

  constructor(
    to: string | PidLike,
    readonly timeout: number,
  ) {
    if (typeof to === "string") {
      this.#name = to;
    } else {
      this.#pid = numberOf(to);
    }
    if (typeof timeout !== "number" || !(timeout >= 0)) {
      throw new TypeError("a timeout is a number of milliseconds");
    }
  }

  /** The process that is called next. A name is looked up when it is first needed, as there is no process before. */
  callee(native: Native): bigint {
    if (this.#pid === undefined && !this.lookUpAgain(native)) {
      throw new CallError(`no process is named \`${this.#name}\``, "not-running");
    }
    return this.#pid!;
  }

  /** The same, once more looked up if the process that had the name is dead. */
  living(native: Native): bigint {
    const callee = this.callee(native);
    if (this.#name === undefined || native.isAlive(callee)) {
      return callee;
    }
    if (!this.lookUpAgain(native)) {
      throw new CallError(`no process is named \`${this.#name}\``, "not-running");
    }
    return this.#pid!;
  }

  /** Whether another process has the name now. */
  lookUpAgain(native: Native): boolean {
    const found = this.#name === undefined ? undefined : native.whereis(this.#name);
    if (found === undefined || found === this.#pid) {
      return false;
    }
    this.#pid = found;
    return true;
  }
}
