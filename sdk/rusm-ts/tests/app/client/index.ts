// What the compiler has to know, and to refuse, of a service's client.
import { connect, pidOf, spawn, type CallError, type Client, type Pid, type Received } from "rusm-ts";

type Counter = Client<typeof import("../counter/index.js")>;

/** Compiles if the two are the same type. */
function same<A, B>(
  ..._: (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? [] : ["these differ"]
): void {}

const counter = connect<typeof import("../counter/index.js")>("counter", { timeout: 500 });
same<typeof counter, Counter>();

export default async function main(): Promise<void> {
  // A value, wherever it is written in the service.
  same<number, Awaited<ReturnType<Counter["add"]>>>();
  const total: number = await counter.add(2);
  const taken: number = await counter.take.with({ timeout: 100, signal: AbortSignal.timeout(50) })(total + 1);
  const caller: Pid = await counter.whoami();
  await counter.reset();
  same<never, Awaited<ReturnType<Counter["refuse"]>>>();
  counter.add.cast(taken);

  // Streams are iterated.
  for await (const n of counter.count(3)) {
    same<typeof n, number>();
  }
  for await (const { at, amount } of counter.history.with({ timeout: Infinity })()) {
    same<typeof at, string>();
    same<typeof amount, number>();
  }

  // What travels is what the wire makes of it.
  const account = await counter.find("x");
  if (account !== null) {
    same<typeof account.id, number | bigint>();
    same<typeof account.opened, string>();
    same<typeof account.note, string | undefined>();
    same<typeof account.owner, Pid>();
    same<typeof account.picture, Uint8Array>();
    // @ts-expect-error: functions do not travel.
    account.show();
  }
  // @ts-expect-error: null, not undefined.
  const nothing: undefined = await counter.find("x");

  // Closures.
  await counter.recount((done, of) => console.log(done / of));
  await counter.recount(async (done: number) => {
    await Promise.resolve(done);
  });
  // @ts-expect-error: it is called with numbers.
  await counter.recount((done: string) => done);

  // @ts-expect-error: an amount is a number.
  await counter.add("2");
  // @ts-expect-error: there is no such function.
  await counter.subtract(2);
  // @ts-expect-error: a constant is no function.
  counter.limit;
  // @ts-expect-error: for the runner alone.
  counter.warmup();
  // @ts-expect-error: whoever awaits a client would call it.
  connect<{ then(): void }>("odd").then();
  // @ts-expect-error: a stream cannot be cast.
  counter.count.cast(3);
  // @ts-expect-error: a value cannot be iterated.
  for await (const _ of counter.add(1)) break;
  // @ts-expect-error: a stream is no promise of a number.
  const first: number = await counter.count(3);

  const spawned = spawn<typeof import("../counter/index.js")>("counter", { argument: { from: 1 }, link: true });
  const pid: Pid = pidOf(spawned);
  same<typeof pid, typeof caller>();
  void [nothing, first];
}

same<Received<[a: Date, b?: bigint]>, [a: string, b?: number | bigint | null]>();
same<Received<any>, any>();
same<Received<unknown>, unknown>();
same<Received<void>, void>();
same<Received<"a" | undefined>, "a" | null>();
same<Received<{ list: readonly Date[] }>, { list: readonly string[] }>();

export function codeOf(error: CallError): string | undefined {
  return error.reason?.kind === "crashed" ? error.reason.text : error.code;
}
