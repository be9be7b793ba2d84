// Many processes that call, stream, give up and die at once, by chance but by a seed. What has to hold is simple: each call
// ends, with its own answer or with an error that can be, and nothing is left of any.
import { expect, test } from "bun:test";
import { MockNode, type MockProcess } from "./node";

function chance(seed: number): (below: number) => number {
  return (below) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
}

const service = () => ({
  echo: (value: unknown) => value,
  async later(value: unknown, ms: number) {
    await new Promise((resolve) => setTimeout(resolve, ms));
    return value;
  },
  fail(value: unknown) {
    throw Object.assign(new Error("no"), { code: `code-${String(value)}` });
  },
  each(count: number, closure: (n: number) => unknown) {
    for (let n = 0; n < count; n++) closure(n);
    return count;
  },
  async *count(to: number, ms: number) {
    for (let n = 0; n < to; n++) {
      if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
      yield n;
    }
  },
});
type Service = ReturnType<typeof service>;

const FAILURES = ["down", "timeout", "not-running"];

for (let seed = 1; seed <= 8; seed++) {
  test(`a crowd of seed ${seed}`, async () => {
    const below = chance(seed);
    const node = new MockNode();
    const names = ["a", "b", "c"];
    const services: MockProcess[] = names.map((name) => node.start(service, "", name));
    const callers = Array.from({ length: 4 }, () => node.bare());
    const ends: Record<string, number> = {};

    const one = async (caller: MockProcess, id: number): Promise<void> => {
      const client = caller.rusm.connect<Service>(names[below(3)]!, { timeout: [3, 2_000][below(2)]! });
      try {
        switch (below(6)) {
          case 0:
            expect(await client.echo({ id })).toEqual({ id });
            break;
          case 1:
            expect(await client.later(id, below(4))).toBe(id);
            break;
          case 2: {
            const error = await client.fail(id).catch((error: unknown) => error);
            if ((error as { code: string }).code === `code-${id}`) break;
            throw error;
          }
          case 3: {
            const seen: number[] = [];
            const count = below(20);
            expect(await client.each(count, (n) => seen.push(n))).toBe(count);
            expect(seen.length).toBe(count);
            break;
          }
          default: {
            const [to, stop] = [below(40), below(40)];
            let next = 0;
            for await (const n of client.count(to, below(5) === 0 ? 1 : 0)) {
              expect(n).toBe(next++);
              if (n === stop) break;
            }
            expect(next).toBe(Math.min(to, stop + 1));
          }
        }
        ends["well"] = (ends["well"] ?? 0) + 1;
      } catch (error) {
        const { code } = error as { code?: string };
        if (!FAILURES.includes(code ?? "")) throw error;
        ends[code!] = (ends[code!] ?? 0) + 1;
      }
    };

    for (let round = 0; round < 6; round++) {
      const work: Promise<void>[] = [];
      for (let i = 0; i < 40; i++) work.push(one(callers[below(4)]!, round * 100 + i));
      if (below(2) === 0) {
        const index = below(3);
        setTimeout(() => {
          services[index]!.end({ kind: "killed" });
          services[index] = node.start(service, "", names[index]!);
        }, below(4));
      }
      await Promise.all(work);
    }
    expect(ends["well"]).toBeGreaterThan(40);
    for (const caller of callers) {
      expect([caller.waits, caller.monitors.size]).toEqual([0, 0]);
      // Whatever still came for what was given up is nobody's mail.
      expect(await caller.rusm.Process.receive(0)).toBeNull();
    }
  }, 20_000);
}
