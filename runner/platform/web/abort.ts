import { DOMException, abortError } from "./exception";
import { Event, EventTarget, dispatch, handlerAttribute, hasListeners, hooks } from "./event";
import { setTimeout } from "./timers";
import { SECRET, describeInterface, enforceRange, needArguments } from "./webidl";

interface SignalState {
  aborted: boolean;
  reason: unknown;
  /** What runs at the abort, before the event. */
  algorithms: Set<() => void> | undefined;
  /** Signals made by `any` that this one aborts. */
  dependents: Set<AbortSignal> | undefined;
  /** Of a signal made by `any`: those that abort it, none of them such a signal itself. */
  sources: Set<AbortSignal> | undefined;
}

let signalState: (signal: AbortSignal) => SignalState;
export let isSignal: (value: unknown) => value is AbortSignal;

export class AbortSignal extends EventTarget {
  #s: SignalState = { aborted: false, reason: undefined, algorithms: undefined, dependents: undefined, sources: undefined };

  static {
    signalState = (signal) => signal.#s;
    isSignal = (value): value is AbortSignal => typeof value === "object" && value !== null && #s in value;
  }

  constructor(secret?: unknown) {
    if (secret !== SECRET) throw new TypeError("Illegal constructor");
    super();
  }

  static abort(reason?: unknown): AbortSignal {
    const signal = new AbortSignal(SECRET);
    signal.#s.aborted = true;
    signal.#s.reason = reason === undefined ? abortError() : reason;
    return signal;
  }

  static timeout(milliseconds: number): AbortSignal {
    needArguments(arguments.length, 1, "AbortSignal.timeout");
    const delay = enforceRange(milliseconds, Number.MAX_SAFE_INTEGER, "the timeout");
    const signal = new AbortSignal(SECRET);
    setTimeout(() => abort(signal, new DOMException("The operation timed out", "TimeoutError")), Math.min(delay, 0x7fffffff));
    return signal;
  }

  static any(signals: Iterable<AbortSignal>): AbortSignal {
    needArguments(arguments.length, 1, "AbortSignal.any");
    const list = [...signals];
    if (!list.every(isSignal)) throw new TypeError("AbortSignal.any needs signals");
    return dependentOn(list);
  }

  get aborted(): boolean {
    return this.#s.aborted;
  }

  get reason(): unknown {
    return this.#s.reason;
  }

  throwIfAborted(): void {
    if (this.#s.aborted) throw this.#s.reason;
  }

  declare onabort: ((this: EventTarget, event: Event) => unknown) | null;
}

/** A signal that aborts with the first of these. */
export function dependentOn(signals: readonly AbortSignal[]): AbortSignal {
  const signal = new AbortSignal(SECRET);
  const state = signalState(signal);
  const aborted = signals.find((source) => source.aborted);
  if (aborted !== undefined) {
    state.aborted = true;
    state.reason = aborted.reason;
    return signal;
  }
  state.sources = new Set();
  for (const source of signals) {
    for (const origin of signalState(source).sources ?? [source]) {
      state.sources.add(origin);
      (signalState(origin).dependents ??= new Set()).add(signal);
    }
  }
  return signal;
}

export function abort(signal: AbortSignal, reason: unknown): void {
  if (!mark(signal, reason)) return;
  // All are aborted before any of them tells of it.
  const told = [signal];
  for (const dependent of signalState(signal).dependents ?? []) {
    if (mark(dependent, signal.reason)) told.push(dependent);
  }
  for (const one of told) tell(one);
}

function mark(signal: AbortSignal, reason: unknown): boolean {
  const state = signalState(signal);
  if (state.aborted) return false;
  state.aborted = true;
  state.reason = reason === undefined ? abortError() : reason;
  return true;
}

function tell(signal: AbortSignal): void {
  const state = signalState(signal);
  const algorithms = state.algorithms;
  state.algorithms = undefined;
  state.dependents = undefined;
  for (const source of state.sources ?? []) signalState(source).dependents?.delete(signal);
  state.sources = undefined;
  for (const run of algorithms ?? []) run();
  // An event that nobody hears is not worth making.
  if (hasListeners(signal, "abort")) dispatch(signal, new Event("abort"), SECRET);
}

/** Runs this at the abort, before the event; the function that it returns takes it back. */
export function onAbort(signal: AbortSignal, run: () => void): () => void {
  const state = signalState(signal);
  if (state.aborted) {
    run();
    return () => {};
  }
  (state.algorithms ??= new Set()).add(run);
  return () => {
    state.algorithms?.delete(run);
  };
}

export class AbortController {
  #signal = new AbortSignal(SECRET);

  get signal(): AbortSignal {
    return this.#signal;
  }

  abort(reason?: unknown): void {
    abort(this.#signal, reason);
  }
}

hooks.isSignal = isSignal;
hooks.onAbort = (signal, run) => void onAbort(signal as AbortSignal, run);
describeInterface(AbortSignal, "AbortSignal");
handlerAttribute(AbortSignal, "abort");
describeInterface(AbortController, "AbortController");
