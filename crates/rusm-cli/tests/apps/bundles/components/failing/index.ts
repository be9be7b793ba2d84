// Every way to fail. The test finds the lines of what is thrown by its text.
import type { FetchContext } from "rusm-ts";

type Answer = Response | Promise<Response>;

interface Deep {
  deeper(n: number): number;
}

const deep: Deep = {
  deeper(n) {
    return n > 1e9 ? n : 1 + this.deeper(n + 1);
  },
};

function inner(what: string): never {
  throw new TypeError(`thrown in ${what}`);
}

const cases: Record<string, () => unknown> = {
  fine: () => new Response("fine"),
  throws() {
    throw new Error("thrown at once");
  },
  nested: () => inner("a function"),
  async rejects() {
    await Promise.resolve();
    throw new Error("rejected later");
  },
  cause() {
    throw new Error("outermost", { cause: new RangeError("innermost") });
  },
  odd() {
    throw { odd: true };
  },
  nothing() {
    throw undefined;
  },
  hostile() {
    const error = new Error("unseen");
    for (const key of ["message", "name", "stack", "cause"]) {
      Object.defineProperty(error, key, {
        get() {
          throw new Error("no looking");
        },
      });
    }
    throw error;
  },
  lines() {
    throw new Error("one\n2026-01-01 ERROR rusm: forged");
  },
  unheard() {
    void Promise.reject(new Error("heard by nobody"));
    return new Response("fine");
  },
  /** Nobody hears of this one for a while, and then somebody does. */
  async heard() {
    const late = Promise.reject(new Error("heard in time"));
    await null;
    return late.catch(() => new Response("heard"));
  },
  async timer() {
    setTimeout(() => {
      throw new Error("thrown in a timer");
    }, 1);
    return new Promise<Response>((resolve) => setTimeout(() => resolve(new Response("fine")), 50));
  },
  listened() {
    addEventListener("unhandledrejection", (event) => event.preventDefault());
    void Promise.reject(new Error("listened for"));
    return new Response("fine");
  },

  never: () => new Promise(() => {}),
  async stuck() {
    await new Promise(() => {});
    return new Response("unreachable");
  },
  endless() {
    for (;;);
  },
  async busy() {
    for (;;) await null;
  },
  regexp: () => new Response(String(/^(a+)+$/.test(`${"a".repeat(60)}b`))),
  sort: () => new Response(String([..."ab".repeat(50)].sort(() => { for (;;); }).length)),

  recursion() {
    try {
      return new Response(String(deep.deeper(0)));
    } catch (error) {
      return new Response(`${error instanceof RangeError} ${(error as Error).name}`);
    }
  },
  overflow: () => new Response(String(deep.deeper(0))),
  /** Recursion that goes through the engine's own code. */
  json() {
    let nested: unknown = 1;
    for (let n = 0; n < 100_000; n++) nested = [nested];
    return new Response(JSON.stringify(nested));
  },
  parse: () => new Response(String(JSON.parse("[".repeat(100_000) + "]".repeat(100_000)).length)),
  pattern: () => new Response(String(new RegExp("(".repeat(50_000) + ")".repeat(50_000)).test(""))),
  inspect() {
    let nested: object = {};
    for (let n = 0; n < 100_000; n++) nested = { nested };
    console.log(nested);
    return new Response("shown");
  },
  clone() {
    let nested: object = {};
    for (let n = 0; n < 100_000; n++) nested = { nested };
    return new Response(String(typeof structuredClone(nested)));
  },

  memory() {
    const kept = [];
    for (;;) kept.push(new Uint8Array(1 << 20).fill(1));
  },
  objects() {
    const kept = [];
    for (let n = 0; ; n++) kept.push({ n });
  },
  string() {
    let text = "x";
    for (;;) text += text;
  },
  buffer: () => new Response(new Uint8Array(1 << 30)),
  /** An allocation that fails is an error like another. */
  spared() {
    try {
      new ArrayBuffer(1 << 30);
      return new Response("there is room");
    } catch (error) {
      return new Response((error as Error).message);
    }
  },

  number: () => 42,
  async undefined() {},
  object: () => ({ status: 200 }),
  error: () => Response.error(),
  async used() {
    const response = new Response("used");
    await response.text();
    return response;
  },
  locked() {
    const response = new Response(new ReadableStream());
    response.body!.getReader();
    return response;
  },
  header() {
    return new Response("x", { headers: { "x-bad": "a\nb" } });
  },

  "stream-throws"() {
    let n = 0;
    return new Response(
      new ReadableStream({
        pull(controller) {
          if (n++ > 0) throw new Error("thrown in the stream");
          controller.enqueue(new Uint8Array([104, 105]));
        },
      }),
    );
  },
  "stream-text"() {
    return new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue("text is no bytes");
          controller.close();
        },
      }),
    );
  },
  "stream-stuck": () => new Response(new ReadableStream({ pull: () => new Promise(() => {}) })),
};

export default function handle(_: Request, { params }: FetchContext): Answer {
  return cases[params["case"] ?? ""]!() as Answer;
}
