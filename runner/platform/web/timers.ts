import { hooks } from "./event";
import { native, refuseWhileImaging } from "./host";
import { needArguments } from "./webidl";

interface Timer {
  id: number;
  /** When it fires, as `native.monotonic` tells time. */
  moment: number;
  /** Milliseconds between two firings; undefined for one that fires once. */
  period: number | undefined;
  callback: (...values: unknown[]) => unknown;
  values: unknown[];
}

/** The next timer stands first: a binary heap by moment, and by id among those of one moment. */
let heap: Timer[] = [];
const timers = new Map<number, Timer>();
let lastId = 0;

function start(name: string, callback: unknown, delay: unknown, values: unknown[], repeats: boolean): number {
  refuseWhileImaging(name);
  if (typeof callback !== "function") throw new TypeError(`${name} needs a function: text is not evaluated`);
  // Web IDL's `long`, and no time before now.
  const milliseconds = Math.max(Number(delay) | 0, 0);
  const id = (lastId += 1);
  const timer: Timer = {
    id,
    moment: native.monotonic() + milliseconds,
    period: repeats ? Math.max(milliseconds, 1) : undefined,
    callback: callback as Timer["callback"],
    values,
  };
  timers.set(id, timer);
  push(timer);
  return id;
}

export function setTimeout(callback: (...values: never[]) => unknown, delay?: number, ...values: unknown[]): number {
  needArguments(arguments.length, 1, "setTimeout");
  return start("setTimeout", callback, delay, values, false);
}

export function setInterval(callback: (...values: never[]) => unknown, delay?: number, ...values: unknown[]): number {
  needArguments(arguments.length, 1, "setInterval");
  return start("setInterval", callback, delay, values, true);
}

/** Timeouts and intervals are one list, as HTML has it. */
export function clearTimeout(id?: number): void {
  if (timers.delete(Number(id) | 0) && heap.length > 64 && heap.length > 4 * timers.size) {
    // What was cleared is dropped when its moment comes, or here, when it is most of the heap.
    heap = heap.filter(isLive);
    heap.sort((a, b) => (isBefore(a, b) ? -1 : 1));
  }
}

export function clearInterval(id?: number): void {
  clearTimeout(id);
}

/** The moment of the next timer; Infinity if there is none. */
export function nextTimer(): number {
  while (heap.length > 0 && !isLive(heap[0]!)) pop();
  return heap.length === 0 ? Infinity : heap[0]!.moment;
}

/**
 * Runs the first timer whose moment has come. One at a time, so that the event loop runs its microtasks before the next, as
 * each is a task of its own; the loop comes back, since `nextTimer` then tells a moment that is past.
 */
export function runTimers(): void {
  const now = native.monotonic();
  if (nextTimer() > now) return;
  const timer = pop();
  if (timer.period === undefined) timers.delete(timer.id);
  try {
    timer.callback.apply(globalThis, timer.values as never);
  } catch (error) {
    again(timer);
    hooks.report(error);
    return;
  }
  again(timer);
}

/** An interval that was not cleared meanwhile goes on, though its callback threw. */
function again(timer: Timer): void {
  if (timer.period === undefined || !isLive(timer)) return;
  timer.moment = Math.max(timer.moment + timer.period, native.monotonic());
  push(timer);
}

function isLive(timer: Timer): boolean {
  return timers.get(timer.id) === timer;
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.moment < b.moment || (a.moment === b.moment && a.id < b.id);
}

function push(timer: Timer): void {
  let at = heap.length;
  heap.push(timer);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(timer, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = timer;
}

function pop(): Timer {
  const first = heap[0]!;
  const last = heap.pop()!;
  const { length } = heap;
  if (length === 0) return first;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= length) break;
    if (child + 1 < length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
    if (!isBefore(heap[child]!, last)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
  return first;
}
