import { ServiceError, type Call, type Pid } from "rusm-ts";

export interface Account {
  id: bigint;
  opened: Date;
  note?: string;
  owner: Pid;
  picture: Uint8Array;
  show(): string;
}

let total = 0;

export function add(amount: number): number {
  total += amount;
  return total;
}

export async function take(amount: number): Promise<number> {
  if (amount > total) {
    throw new ServiceError("not that much is there", "insufficient-funds");
  }
  return add(-amount);
}

export async function* count(to: number): AsyncGenerator<number> {
  for (let n = 1; n <= to; n++) {
    yield n;
  }
}

export function* history(): Generator<{ at: Date; amount: number }> {
  yield { at: new Date(), amount: total };
}

export function whoami(this: Call): Pid {
  return this.caller;
}

export function refuse(): never {
  throw new ServiceError("no");
}

export function reset(): void {
  total = 0;
}

export function find(id: string, options?: { deep: boolean }): Account | undefined {
  return id === "" || options?.deep ? undefined : undefined;
}

export function recount(progress: (done: number, of: number) => void): number {
  progress(1, 1);
  return total;
}

export function identity<T>(value: T): T {
  return value;
}

export function warmup(): void {
  add(0);
}

export const limit = 7;
