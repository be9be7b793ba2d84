// Games with prototypes, globals and whatever else JavaScript lets anybody change. It is granted nothing.
import * as runtime from "rusm-ts";
import { Process, kv, type FetchContext } from "rusm-ts";

/** Names of what the runner has of the host. Whoever finds one of these has found its way behind the platform. */
const NATIVES = ["startReply", "tryReadRequest", "kvGet", "startFetch", "closeSocket", "whenReady", "parseUrl", "seedRandom"];

type Any = any; // Nothing here is what its type says.

/** Walks over all that can be reached from these by properties, accessors, prototypes and constructors. */
function reach(roots: Record<string, unknown>): { seen: number; found: string[] } {
  const seen = new Set<unknown>();
  const found: string[] = [];
  const queue: [string, unknown][] = Object.entries(roots);
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const [path, value] = next;
    if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value)) continue;
    seen.add(value);
    for (const key of Reflect.ownKeys(value)) {
      const name = `${path}.${String(key)}`;
      if (NATIVES.includes(String(key))) found.push(name);
      const { value: held, get, set } = Reflect.getOwnPropertyDescriptor(value, key)!;
      queue.push([name, held], [`${name} (get)`, get], [`${name} (set)`, set]);
    }
    queue.push([`${path}.__proto__`, Reflect.getPrototypeOf(value)]);
  }
  return { seen: seen.size, found };
}

/** What it hears of when the platform does not use its own. */
const overheard: unknown[] = [];

function listen(): void {
  const hear = (...values: unknown[]) => {
    for (let n = 0; n < values.length && overheard.length < 10_000; n++) overheard[overheard.length] = values[n];
  };
  const wrap = (target: Any, key: PropertyKey) => {
    const original = target[key];
    target[key] = function (this: unknown, ...args: unknown[]) {
      hear(this, ...args);
      return Reflect_apply(original, this, args);
    };
  };
  wrap(Function.prototype, "call");
  wrap(Function.prototype, "apply");
  wrap(Function.prototype, "bind");
  wrap(Promise.prototype, "then");
  wrap(Promise.prototype, "catch");
  wrap(Array.prototype, "map");
  wrap(Array.prototype, "push");
  wrap(Array.prototype, "shift");
  wrap(Map.prototype, "get");
  wrap(Map.prototype, "set");
  wrap(Set.prototype, "has");
  wrap(Reflect, "apply");
  for (const key of ["host", "native", "rust", "value", "get", "set", "status", "headers", "kind", "then", "stream"]) {
    Object.defineProperty(Object.prototype, key, {
      set(this: unknown, value: unknown) {
        hear(this, value);
        Object_defineProperty(this, key, { __proto__: null, value, writable: true, configurable: true, enumerable: true } as PropertyDescriptor);
      },
      get(this: unknown) {
        hear(this);
        return undefined;
      },
      configurable: true,
      __proto__: null,
    } as PropertyDescriptor);
  }
}

const Reflect_apply = Reflect.apply;
const Object_defineProperty = Object.defineProperty;
const OwnResponse = Response;

async function denials(): Promise<string[]> {
  const work = [
    () => Process.spawn("web"),
    () => Process.list(),
    () => kv.bucket("open").get("x"),
    () => kv.buckets(),
    () => fetch("http://127.0.0.1:9/"),
  ];
  const codes = [];
  for (const run of work) {
    try {
      await run();
      codes.push("allowed");
    } catch (error) {
      const { code, cause } = error as Any;
      codes.push(`${code ?? (cause as Any)?.code ?? (cause as Any)?.message ?? (error as Error).message}`);
    }
  }
  return codes;
}

const cases: Record<string, (object: string) => unknown> = {
  reach() {
    let error: unknown;
    try {
      Process.list();
    } catch (caught) {
      error = caught;
    }
    const { seen, found } = reach({ globalThis, runtime, error, response: new Response("x"), self: Process.self() });
    return { many: seen > 500, found };
  },
  /** All that the platform lets others hear when it works. */
  async overhear() {
    listen();
    const codes = await denials();
    await new OwnResponse(new ReadableStream({ pull: (controller) => controller.close() })).text();
    const { found } = reach({ overheard: [...overheard] });
    return { codes, found: found.slice(0, 10) };
  },
  async prototypes() {
    const prototype = Object.prototype as Any;
    prototype.code = "open";
    prototype.allowed = true;
    prototype.status = 200;
    prototype.timeout = 1;
    prototype.trapExit = true;
    (Array.prototype as Any)[0] = "polluted";
    Function.prototype.call = () => "granted";
    Function.prototype.apply = () => "granted";
    return denials();
  },
  async replaced() {
    const names = ["Array", "Object", "Promise", "Map", "Error", "TypeError", "Uint8Array", "JSON", "Math", "Reflect", "Symbol", "Request"];
    const kept = { denials };
    for (const name of names) (globalThis as Any)[name] = undefined;
    return kept.denials();
  },
  /** A function that is made of text runs in the same world. */
  constructors() {
    const make = (() => {}).constructor as FunctionConstructor;
    const outer = make("return this")();
    const through = (Process.self as Any).constructor("return globalThis")();
    const error = (() => {
      try {
        Process.list();
        return undefined;
      } catch (caught) {
        return (caught as Any).constructor.constructor("return globalThis")();
      }
    })();
    return [outer === globalThis, through === globalThis, error === globalThis];
  },
  async imports() {
    const all: Record<string, string> = {};
    for (const name of ["rusm:runtime", "rusm:platform", "rusm:handover", "node:fs", "fs", "std", "os", "qjs:std", "/etc/passwd", "./web.js", "http://127.0.0.1/x.js"]) {
      const module: Any = await import(`${name}`).catch((error: Error) => error.name);
      all[name] = typeof module === "string" ? module : `${module.kv === runtime.kv} ${reach({ module }).found}`;
    }
    return all;
  },
  handover: () => [typeof (globalThis as Any)["rusm:handover"], typeof (globalThis as Any).std, typeof (globalThis as Any).require],
  /** What it returns is no response of the platform's, whatever it says of itself. */
  impostor() {
    const impostor = Object.create(Response.prototype);
    Object.defineProperty(impostor, "status", { value: 200 });
    return impostor;
  },
  proxy: () => new Proxy(new Response("through a proxy"), {}),
  thenable: () => ({ then: (resolve: (value: unknown) => void) => resolve(new Response("by a thenable")) }),
  endless: () => ({ then: (resolve: (value: unknown) => void) => resolve(cases["endless"]!("")) }),
  async subclass() {
    class Own extends Response {
      override get status() {
        return 999;
      }
    }
    return new Own("a subclass", { status: 201 });
  },
  pid: () => String(Process.self().value),
  /** Something for the next request to find, if there were a way. */
  stain() {
    const everywhere = globalThis as Any;
    for (const holder of [everywhere, Object.prototype, Response, Headers.prototype, console, runtime.Process, kv, Math, process.env]) {
      try {
        (holder as Any).stained = "by an earlier request";
      } catch {
        // Some are frozen.
      }
    }
    return everywhere.stained;
  },
  stained() {
    const everywhere = globalThis as Any;
    return [everywhere, {}, Response, new Headers(), console, runtime.Process, kv, Math, process.env].map((holder) => (holder as Any).stained ?? null);
  },
};

export default async function handle(request: Request, { params }: FetchContext): Promise<Response> {
  const result = await cases[params["what"]!]!(await request.text());
  const direct = ["impostor", "proxy", "thenable", "endless", "subclass"].includes(params["what"]!);
  return direct ? (result as Response) : new OwnResponse(JSON_stringify(result));
}

const JSON_stringify = JSON.stringify;
