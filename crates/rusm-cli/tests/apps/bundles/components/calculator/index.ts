// The service of `tests/apps/services`, in TypeScript: the same functions, so that the same clients can call either.
import { Process, ServiceError, Topics, connect, service, type Call, type Client, type Pid } from "rusm-ts";

interface Entry {
  id: number | bigint;
  owner: Pid;
  data: Uint8Array;
}

type Calculator = Client<{
  add(a: number, b: number): number;
  accumulate(amount: number): number;
}>;

let total = 0;
const topics = new Topics<string>();

export default service({
  init() {
    console.log("ready total=0");
  },
});

export function add(a: number, b: number): number {
  if (typeof a !== "number" || typeof b !== "number") throw new ServiceError("add takes numbers", "bad-arguments");
  return a + b;
}

export function accumulate(amount: number): number {
  total += amount;
  topics.publish("total", total);
  return total;
}

export function divide(a: number, b: number): number {
  if (b === 0) throw new ServiceError(`${a} by ${b}`, "division-by-zero");
  return a / b;
}

export function* count(from: number): Generator<number> {
  try {
    for (let n = from; ; n++) yield n;
  } finally {
    console.log("count was left");
  }
}

export function report(steps: number, progress: (step: number) => void): number {
  for (let step = 0; step < steps; step++) progress(step);
  return steps;
}

/** Calls another service while its own caller waits. */
export function relay(name: string, amount: number): Promise<number> {
  return (connect(name) as Calculator).accumulate(amount);
}

export function itself(): Promise<number> {
  return (connect(Process.self()) as Calculator).add(1, 1);
}

export function echo(entry: Entry): Entry {
  return entry;
}

export function watch(this: Call, topic: string): boolean {
  return topics.subscribe(topic, this.caller);
}

export function watchers(): number {
  return topics.count("total");
}

export function crash(): never {
  return Process.exitSelf({ kind: "crashed", text: "told to" });
}

export async function slow(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 300));
}

/** Many values that wait for one another, and an error at the end. */
export async function* countdown(from: number): AsyncGenerator<number> {
  for (let n = from; n > 0; n--) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    yield n;
  }
  throw new ServiceError("lift off", "done");
}
