import { EventTarget, dispatch, handlerAttribute, hasListeners } from "./event";
import { ErrorEvent, PromiseRejectionEvent } from "./events";
import { SECRET, needArguments } from "./webidl";

/** The events of the global object: `error`, `unhandledrejection` and `rejectionhandled`. */
class GlobalEvents extends EventTarget {}
for (const type of ["error", "unhandledrejection", "rejectionhandled"]) handlerAttribute(GlobalEvents, type);
const events = new GlobalEvents();
let reporting = false;

/** What the runner does with errors; it sets `uncaught`. */
export const webHooks = {
  /** An exception that nobody caught and no listener of `error` dealt with. */
  uncaught: (error: unknown): void => {
    throw error;
  },
  /** HTML's "report an exception". */
  report(error: unknown): void {
    if (!reporting && hasListeners(events, "error")) {
      reporting = true;
      try {
        const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
        const event = new ErrorEvent("error", { cancelable: true, error, message: `Uncaught ${message}` });
        if (!dispatch(events, event, SECRET)) return;
      } finally {
        reporting = false;
      }
    }
    webHooks.uncaught(error);
  },
};

/** Whether a listener of `unhandledrejection` dealt with it (by `preventDefault`). */
export function dispatchRejection(promise: Promise<unknown>, reason: unknown): boolean {
  if (!hasListeners(events, "unhandledrejection")) return false;
  return !dispatch(events, new PromiseRejectionEvent("unhandledrejection", { cancelable: true, promise, reason }), SECRET);
}

export function reportError(error: unknown): void {
  needArguments(arguments.length, 1, "reportError");
  webHooks.report(error);
}

/** Makes the global object a target of events. */
export function globalEvents(global: object): void {
  for (const name of ["addEventListener", "removeEventListener", "dispatchEvent"] as const) {
    const method = events[name].bind(events) as never;
    Object.defineProperty(method, "name", { value: name });
    Object.defineProperty(global, name, { value: method, configurable: true, writable: true, enumerable: true });
  }
  for (const type of ["onerror", "onunhandledrejection", "onrejectionhandled"]) {
    Object.defineProperty(global, type, {
      get: () => (events as unknown as Record<string, unknown>)[type],
      set: (value: unknown) => void ((events as unknown as Record<string, unknown>)[type] = value),
      configurable: true,
      enumerable: true,
    });
  }
}
