import type {
  FetchContext,
  ServiceComponent,
  ServiceHooks,
  WebSocketComponent,
  WebSocketHandlers,
} from "../../../../sdk/rusm-ts/index.js";
import type { Service, ServiceFunction } from "./serving";

/** What a bundle is. */
export type Shape =
  | { kind: "fetch"; fetch: Fetch; worker: Worker | undefined }
  | { kind: "ws"; handlers: WebSocketHandlers }
  | { kind: "service"; service: Service };

/** Answers a request. */
export type Fetch = (request: InstanceType<typeof Request>, context: FetchContext) => unknown;

/** The body of a process that was spawned. */
export type Worker = (argument: unknown) => unknown;

/** What `websocket` makes of its handlers. */
class WebSockets implements WebSocketComponent {
  readonly kind = "ws";
  constructor(readonly handlers: WebSocketHandlers) {}
}

/** What `service` makes of its hooks. */
class Hooked implements ServiceComponent {
  readonly kind = "service";
  constructor(readonly hooks: ServiceHooks) {}
}

export function websocket(handlers: WebSocketHandlers): WebSocketComponent {
  checkFunctions("websocket", handlers, ["open", "message", "mail", "close"]);
  if (handlers.message === undefined) {
    throw new TypeError("`websocket` takes an object with a function `message`");
  }
  return new WebSockets(handlers);
}

export function service(hooks: ServiceHooks): ServiceComponent {
  checkFunctions("service", hooks, ["init", "mail"]);
  return new Hooked(hooks);
}

function checkFunctions(maker: string, given: object, names: string[]): void {
  if (typeof given !== "object" || given === null) {
    throw new TypeError(`\`${maker}\` takes an object of functions: ${names.join(", ")}`);
  }
  for (const name of names) {
    const value = (given as Record<string, unknown>)[name];
    if (value !== undefined && typeof value !== "function") {
      throw new TypeError(`\`${name}\` of \`${maker}\` is a function`);
    }
  }
}

/** Exported for the runner, not for callers. */
const NO_FUNCTIONS = ["default", "warmup"];

/** Nor can a client call these. */
const NEVER_CALLED = ["then", "toJSON"];

const WHAT_TO_EXPORT =
  "`export default function handle(request) { ... }` answers requests, `export default websocket({ ... })` holds " +
  "connections, and exported functions are a service";

/**
 * What a bundle is, by what it exports. A default export decides alone: what else is exported then is for tests and other
 * modules.
 *
 * A function may answer requests or be the body of a process that is spawned; which of the two shows by who uses it.
 *
 * @throws Error that says what to export, if it is nothing.
 */
export function shapeOf(bundle: Record<string, unknown>): Shape {
  const { default: exported } = bundle;
  if (exported instanceof WebSockets) {
    return { kind: "ws", handlers: exported.handlers };
  }
  if (exported instanceof Hooked) {
    return { kind: "service", service: { functions: functionsOf(bundle), hooks: exported.hooks } };
  }
  if (exported === undefined) {
    return { kind: "service", service: { functions: functionsOf(bundle), hooks: {} } };
  }
  if (typeof exported === "function") {
    if (isClass(exported)) {
      throw new Error(`the default export is a class, which nothing makes an object of: ${WHAT_TO_EXPORT}`);
    }
    const run = exported as (...args: unknown[]) => unknown;
    const { fetch } = exported as { fetch?: unknown };
    const answers = typeof fetch === "function" ? (fetch as Fetch).bind(exported) : run;
    return { kind: "fetch", fetch: answers, worker: run };
  }
  if (typeof exported === "object" && exported !== null && "fetch" in exported) {
    const { fetch } = exported;
    if (typeof fetch === "function") {
      return { kind: "fetch", fetch: (fetch as Fetch).bind(exported), worker: undefined };
    }
  }
  throw new Error(
    `the default export is neither a function nor an object with a function \`fetch\`: ${WHAT_TO_EXPORT}`,
  );
}

function functionsOf(bundle: Record<string, unknown>): Map<string, ServiceFunction> {
  const functions = new Map<string, ServiceFunction>();
  for (const name of Object.keys(bundle)) {
    const value = bundle[name];
    if (NEVER_CALLED.includes(name)) {
      throw new Error(
        `\`${name}\` cannot be called in a service, as JavaScript asks every object for it: name it otherwise`,
      );
    }
    if (typeof value === "function" && !NO_FUNCTIONS.includes(name) && !isClass(value)) {
      functions.set(name, value as ServiceFunction);
    }
  }
  if (functions.size === 0) {
    throw new Error(`the bundle exports no function: ${WHAT_TO_EXPORT}`);
  }
  return functions;
}

/** A class cannot be called, so its `prototype` alone cannot be replaced. */
function isClass(value: object): boolean {
  return Object.getOwnPropertyDescriptor(value, "prototype")?.writable === false;
}
