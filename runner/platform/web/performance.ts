import { native } from "./host";
import { EventTarget } from "./event";
import { SECRET, describeInterface } from "./webidl";

interface Origin {
  monotonic: number;
  wall: number;
  imaging: boolean;
}

let origin: Origin | undefined;

/**
 * Where this process's time begins: at its first look at the clock, since a process that never looks should not pay for it.
 * What the module's evaluation saw is forgotten at the start, so that no process carries on the clock of its image.
 */
function timeOrigin(): Origin {
  if (origin === undefined || origin.imaging) {
    const imaging = native.imaging();
    if (origin === undefined || !imaging) origin = { monotonic: native.monotonic(), wall: native.now(), imaging };
  }
  return origin;
}

/** Milliseconds since this process's time began. */
export function sinceOrigin(): number {
  const { monotonic } = timeOrigin();
  return native.monotonic() - monotonic;
}

/** Made by `installWeb`, when both modules are there: events tell time, and this is a target of events. */
export function makePerformance(): { Performance: unknown; performance: object } {
  class Performance extends EventTarget {
    constructor(secret?: unknown) {
      if (secret !== SECRET) throw new TypeError("Illegal constructor");
      super();
    }

    get timeOrigin(): number {
      return timeOrigin().wall;
    }

    now(): number {
      return sinceOrigin();
    }

    toJSON(): { timeOrigin: number } {
      return { timeOrigin: this.timeOrigin };
    }
  }
  describeInterface(Performance, "Performance");
  return { Performance, performance: new Performance(SECRET) };
}
