/** Cases, and the loop that the harness turns. */
import { installWeb, nextTimer, runTimers, webHooks } from "../../index";
import { clock, native, wake } from "./host";

interface Harness {
  __webNatives: never;
  __print(text: string): void;
  __microseconds(): number;
  __turn(): boolean;
  __rejection(promise: Promise<unknown>, reason: unknown, handled: boolean): void;
  __report(): string;
  /** The case that runs, for a harness that gives up on it. */
  __case: string;
}

const harness = globalThis as unknown as Harness;
installWeb(globalThis, native, harness.__webNatives);

type Body = () => unknown;
const pending: [name: string, body: Body, known: string | undefined][] = [];
const results: { name: string; failure?: string; known?: string }[] = [];
const unheard = new Map<Promise<unknown>, unknown>();
let running = false;
let idle = 0;
let turns = 0;

const deviations = new Map<string, string>();

/** Cases that this platform is known not to pass, by reason. A case that is named here and passes is a failure. */
export function expectToFail(byReason: Record<string, readonly string[]>): void {
  for (const [reason, names] of Object.entries(byReason)) for (const name of names) deviations.set(name, reason);
}

export function test(name: string, body: Body): void {
  pending.push([name, body, deviations.get(name)]);
}

harness.__turn = () => {
  if (!running) {
    const next = pending.shift();
    if (next === undefined) return false;
    running = true;
    idle = 0;
    turns = 0;
    void runCase(...next).then(() => {
      running = false;
    });
    return true;
  }
  const woken = wake();
  const moment = nextTimer();
  if (moment !== Infinity) {
    clock.wall += Math.max(moment - clock.monotonic, 0);
    clock.monotonic = Math.max(moment, clock.monotonic);
    try {
      runTimers();
    } catch (error) {
      errors.push(error);
    }
  }
  // A case for which nothing will ever happen any more, or which asks the host again and again.
  idle = woken || moment !== Infinity ? idle : idle + 1;
  turns += 1;
  if (idle > 2 || turns > 20_000) {
    results.push({ name: current, failure: "it never ended" });
    running = false;
  }
  return true;
};

/** What timers and listeners threw since the case began. */
export const errors: unknown[] = [];
webHooks.uncaught = (error) => void errors.push(error);
let current = "";

async function runCase(name: string, body: Body, known: string | undefined): Promise<void> {
  current = name;
  harness.__case = name;
  errors.length = 0;
  unheard.clear();
  const result: { name: string; failure?: string; known?: string } = { name };
  if (known !== undefined) result.known = known;
  try {
    await body();
    if (errors.length > 0) result.failure = `uncaught: ${String(errors[0])}`;
  } catch (error) {
    result.failure = error instanceof Error ? `${error}\n${error.stack}` : String(error);
  }
  results.push(result);
}

harness.__rejection = (promise, reason, handled) => {
  if (handled) unheard.delete(promise);
  else unheard.set(promise, reason);
};

export function unheardRejections(): unknown[] {
  return [...unheard.values()];
}

harness.__report = () => JSON.stringify(results);

export function equal(actual: unknown, expected: unknown, what = ""): void {
  if (!same(actual, expected)) throw new Error(`${what} is ${show(actual)}, not ${show(expected)}`.trim());
}

export function ok(value: unknown, what = "it"): void {
  if (!value) throw new Error(`${what} is ${show(value)}`);
}

type Kind = string | (new (...values: never[]) => Error);

export function throws(kind: Kind, body: () => unknown, what = ""): unknown {
  try {
    body();
  } catch (error) {
    checkKind(kind, error, what);
    return error;
  }
  throw new Error(`${what} nothing was thrown`.trim());
}

export async function rejects(kind: Kind, promise: Promise<unknown>, what = ""): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    checkKind(kind, error, what);
    return error;
  }
  throw new Error(`${what} the promise was fulfilled`.trim());
}

/** A name is a DOMException's. */
function checkKind(kind: Kind, error: unknown, what: string): void {
  const fits = typeof kind === "string" ? error instanceof DOMException && error.name === kind : error instanceof Error && error.constructor === kind;
  if (!fits) throw new Error(`${what} ${show(error)} was thrown, no ${typeof kind === "string" ? kind : kind.name}`.trim());
}

function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b)) {
    return same([...new Uint8Array(a.buffer, a.byteOffset, a.byteLength)], [...new Uint8Array(b.buffer, b.byteOffset, b.byteLength)]);
  }
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => same((a as never)[key], (b as never)[key]));
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (value instanceof Error) return `${value}`;
  try {
    return typeof value === "object" ? (JSON.stringify(value) ?? String(value)) : String(value);
  } catch {
    return String(value);
  }
}

export const print = (text: string) => harness.__print(text);
export const microseconds = () => harness.__microseconds();
