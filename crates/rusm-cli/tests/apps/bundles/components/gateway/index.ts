// The gateway of `tests/apps/services`, in TypeScript: calls the calculator in every way, whatever it is written in, and
// says what came of it in the words of the other.
import { Process, connect, pidOf, spawn, type CallError, type FetchContext, type Pid } from "rusm-ts";

interface Entry {
  id: number | bigint;
  owner: Pid;
  data: Uint8Array;
}

interface Calculator {
  add(a: number, b: number): number;
  accumulate(amount: number): number;
  divide(a: number, b: number): number;
  count(from: number): Generator<number>;
  report(steps: number, progress: (step: number) => void): number;
  relay(name: string, amount: number): number;
  itself(): number;
  echo(entry: Entry): Entry;
  watch(topic: string): boolean;
  watchers(): number;
  crash(): never;
  slow(): void;
  countdown(from: number): Generator<number>;
}

const calculator = connect<Calculator>("calculator");

async function code(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => "ok",
    (error: CallError) => error.code ?? "-",
  );
}

type Case = (params: Record<string, number>) => unknown;

const cases: Record<string, Case> = {
  add: ({ a, b }) => calculator.add(a!, b!),
  accumulate: ({ n }) => calculator.accumulate(n!),
  cast({ n }) {
    calculator.accumulate.cast(n!);
    return "()";
  },
  divide: ({ a, b }) => calculator.divide(a!, b!),
  async count({ n }) {
    let [left, sum] = [n!, 0];
    for await (const item of calculator.count(1)) {
      sum += item;
      if (--left === 0) break;
    }
    return sum;
  },
  async between({ n }) {
    const low = calculator.count(0)[Symbol.asyncIterator]();
    const high = calculator.count(1000)[Symbol.asyncIterator]();
    let seen = 0;
    for (let turn = 0; turn < n!; turn++) {
      seen += await calculator.add((await low.next()).value, (await high.next()).value);
    }
    await low.return?.();
    await high.return?.();
    return seen;
  },
  async report({ n }) {
    const seen: number[] = [];
    const steps = await calculator.report(n!, (step) => seen.push(step));
    return `"${steps} of [${seen.join(", ")}]"`;
  },
  relay: ({ n }) => calculator.relay("second", n!),
  itself: () => calculator.itself(),
  async wrong() {
    const wrong = connect<Record<"subtract" | "add" | "count", (...args: unknown[]) => number>>("calculator");
    const codes = [];
    for (const name of ["subtract", "add", "count"] as const) codes.push(await code(wrong[name]("one", 2)));
    return codes.join(" ");
  },
  async crash() {
    const old = pidOf(calculator);
    const crashed = await code(calculator.crash.with({ timeout: Infinity })());
    for (;;) {
      const sum = await calculator.add(1, 2).catch(() => null);
      if (sum !== null) return `${crashed} ${sum} ${old !== pidOf(calculator)}`;
    }
  },
  async slow() {
    const late = await code(calculator.slow.with({ timeout: 20 })());
    const sum = await calculator.add(1, 2);
    const mail = (await Process.receive(0)) !== null;
    return `${late} Ok(${sum}) ${mail}`;
  },
  async aborted() {
    const signal = AbortSignal.timeout(20);
    return calculator.slow.with({ signal })().then(
      () => "not aborted",
      (error: Error) => error.name,
    );
  },
  async echo() {
    const entry = { id: 2n ** 64n - 1n, owner: Process.self(), data: new Uint8Array([0, 255]) };
    const { id, owner, data } = await calculator.echo(entry);
    return id === entry.id && owner === entry.owner && data.join() === "0,255";
  },
  async watch() {
    await calculator.watch("total");
    return (await Process.receiveMessage<number>()).value;
  },
  watchers: () => calculator.watchers(),

  async countdown({ n }) {
    const seen: number[] = [];
    try {
      for await (const item of calculator.countdown(n!)) seen.push(item);
    } catch (error) {
      return `${seen.join(" ")} ${(error as CallError).code}: ${(error as Error).message}`;
    }
    return "it ended";
  },
  /** Calls that are under way at once are answered in their order, each with its own answer. */
  async many({ n }) {
    const sums = await Promise.all(Array.from({ length: n! }, (_, i) => calculator.add(i, 1)));
    return sums.every((sum, i) => sum === i + 1);
  },
  /** A service of this process's own. */
  async spawned() {
    const own = spawn<Calculator>("calculator", { link: true });
    await own.accumulate(1);
    const sums = [await own.accumulate(2), await calculator.accumulate(0)];
    // The end of one that is linked would end this one, before it has answered or after.
    Process.unlink(pidOf(own));
    Process.kill(pidOf(own));
    return sums.join(" ");
  },
};

export default async function handle(request: Request, { params }: FetchContext): Promise<Response> {
  const name = new URL(request.url).pathname.split("/")[1]!;
  const numbers = Object.fromEntries(Object.entries(params).map(([key, value]) => [key, Number(value)]));
  try {
    return new Response(`${String(await cases[name]!(numbers))}\n`);
  } catch (error) {
    return new Response(`${(error as CallError).code ?? "-"}: ${(error as Error).message}\n`);
  }
}
