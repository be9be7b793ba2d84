import { DOMException } from "./exception";
import { SECRET, constants, describeInterface, dictionary, domString, needArguments } from "./webidl";
import { sinceOrigin } from "./performance";

export interface EventInit {
  bubbles?: boolean;
  cancelable?: boolean;
  composed?: boolean;
}

interface EventState {
  type: string;
  bubbles: boolean;
  cancelable: boolean;
  composed: boolean;
  trusted: boolean;
  time: number;
  target: EventTarget | null;
  current: EventTarget | null;
  dispatching: boolean;
  stopped: boolean;
  stoppedAtOnce: boolean;
  canceled: boolean;
  passive: boolean;
}

/** An event's own state, for the target that dispatches it. */
export let eventState: (event: Event) => EventState;
let isEvent: (value: unknown) => value is Event;

export class Event {
  #s: EventState;

  static {
    eventState = (event) => event.#s;
    isEvent = (value): value is Event => typeof value === "object" && value !== null && #s in value;
  }

  constructor(type: string, init?: EventInit) {
    needArguments(arguments.length, 1, "Event");
    const { bubbles, cancelable, composed } = dictionary(init, "the event's options");
    this.#s = {
      type: domString(type),
      bubbles: Boolean(bubbles),
      cancelable: Boolean(cancelable),
      composed: Boolean(composed),
      trusted: false,
      time: sinceOrigin(),
      target: null,
      current: null,
      dispatching: false,
      stopped: false,
      stoppedAtOnce: false,
      canceled: false,
      passive: false,
    };
  }

  get type(): string {
    return this.#s.type;
  }

  get target(): EventTarget | null {
    return this.#s.target;
  }

  get srcElement(): EventTarget | null {
    return this.#s.target;
  }

  get currentTarget(): EventTarget | null {
    return this.#s.current;
  }

  composedPath(): EventTarget[] {
    return this.#s.current === null ? [] : [this.#s.current];
  }

  get eventPhase(): number {
    return this.#s.dispatching ? 2 : 0;
  }

  stopPropagation(): void {
    this.#s.stopped = true;
  }

  get cancelBubble(): boolean {
    return this.#s.stopped;
  }

  set cancelBubble(value: boolean) {
    if (value) this.#s.stopped = true;
  }

  stopImmediatePropagation(): void {
    this.#s.stopped = true;
    this.#s.stoppedAtOnce = true;
  }

  get bubbles(): boolean {
    return this.#s.bubbles;
  }

  get cancelable(): boolean {
    return this.#s.cancelable;
  }

  get returnValue(): boolean {
    return !this.#s.canceled;
  }

  set returnValue(value: boolean) {
    if (!value) this.preventDefault();
  }

  preventDefault(): void {
    if (this.#s.cancelable && !this.#s.passive) this.#s.canceled = true;
  }

  get defaultPrevented(): boolean {
    return this.#s.canceled;
  }

  get composed(): boolean {
    return this.#s.composed;
  }

  get isTrusted(): boolean {
    return this.#s.trusted;
  }

  get timeStamp(): number {
    return this.#s.time;
  }

  initEvent(type: string, bubbles = false, cancelable = false): void {
    needArguments(arguments.length, 1, "initEvent");
    if (this.#s.dispatching) return;
    Object.assign(this.#s, {
      type: domString(type),
      bubbles: Boolean(bubbles),
      cancelable: Boolean(cancelable),
      trusted: false,
      target: null,
      stopped: false,
      stoppedAtOnce: false,
      canceled: false,
    });
  }
}

export type Listener = ((this: EventTarget, event: never) => unknown) | { handleEvent(event: never): unknown };

export interface ListenerOptions {
  capture?: boolean;
  once?: boolean;
  passive?: boolean;
  signal?: { readonly aborted: boolean };
}

interface Registration {
  callback: Listener;
  capture: boolean;
  once: boolean;
  passive: boolean;
  removed: boolean;
}

/** What other modules do for this one: reporting, and hearing of an abort. */
export const hooks = {
  report: (error: unknown): void => {
    throw error;
  },
  onAbort: (_signal: object, _run: () => void): void => {},
  isSignal: (_value: unknown): boolean => false,
};

/** Dispatches an event of the platform's own: a trusted one, if SECRET is given. */
export let dispatch: (target: EventTarget, event: Event, secret: typeof SECRET | undefined) => boolean;
/** Whether an event of that type would be heard. */
export let hasListeners: (target: EventTarget, type: string) => boolean;

export class EventTarget {
  #listeners: Map<string, Registration[]> | undefined;

  static {
    dispatch = (target, event, secret) => target.#dispatch(event, secret);
    hasListeners = (target, type) => (target.#listeners?.get(type)?.length ?? 0) > 0;
  }

  constructor() {}

  addEventListener(type: string, callback: Listener | null, options?: ListenerOptions | boolean): void {
    needArguments(arguments.length, 2, "addEventListener");
    const name = domString(type);
    checkCallback(callback);
    let once = false;
    let passive = false;
    let signal: { readonly aborted: boolean } | undefined;
    const capture = captures(options);
    if (typeof options === "object" && options !== null) {
      once = Boolean(options.once);
      passive = Boolean(options.passive);
      signal = options.signal;
      if (signal !== undefined && !hooks.isSignal(signal)) throw new TypeError("the option signal is no AbortSignal");
    }
    if (callback === null || callback === undefined || signal?.aborted === true) return;
    const listeners = (this.#listeners ??= new Map<string, Registration[]>());
    const list = listeners.get(name);
    if (list?.some((other) => other.callback === callback && other.capture === capture)) return;
    const registration: Registration = { callback, capture, once, passive, removed: false };
    if (list === undefined) listeners.set(name, [registration]);
    else list.push(registration);
    if (signal !== undefined) hooks.onAbort(signal, () => this.#remove(name, registration));
  }

  removeEventListener(type: string, callback: Listener | null, options?: { capture?: boolean } | boolean): void {
    needArguments(arguments.length, 2, "removeEventListener");
    const name = domString(type);
    checkCallback(callback);
    const capture = captures(options);
    const found = this.#listeners?.get(name)?.find((other) => other.callback === callback && other.capture === capture);
    if (found !== undefined) this.#remove(name, found);
  }

  dispatchEvent(event: Event): boolean {
    needArguments(arguments.length, 1, "dispatchEvent");
    if (!isEvent(event)) throw new TypeError("dispatchEvent needs an Event");
    return this.#dispatch(event, undefined);
  }

  #remove(type: string, registration: Registration): void {
    registration.removed = true;
    const list = this.#listeners?.get(type);
    const at = list?.indexOf(registration) ?? -1;
    if (at >= 0) list!.splice(at, 1);
  }

  #dispatch(event: Event, secret: typeof SECRET | undefined): boolean {
    const state = eventState(event);
    if (state.dispatching) throw new DOMException("the event is being dispatched already", "InvalidStateError");
    state.trusted = secret === SECRET;
    state.dispatching = true;
    state.target = this;
    state.current = this;
    const listeners = this.#listeners?.get(state.type)?.slice();
    if (listeners !== undefined && !state.stopped) {
      this.#call(listeners, true, event, state);
      if (!state.stopped) this.#call(listeners, false, event, state);
    }
    state.dispatching = false;
    state.current = null;
    state.stopped = false;
    state.stoppedAtOnce = false;
    return !state.canceled;
  }

  #call(listeners: Registration[], capture: boolean, event: Event, state: EventState): void {
    for (const listener of listeners) {
      if (listener.capture !== capture || listener.removed) continue;
      if (listener.once) this.#remove(state.type, listener);
      state.passive = listener.passive;
      try {
        const { callback } = listener;
        if (typeof callback === "function") {
          callback.call(this, event as never);
        } else {
          const { handleEvent } = callback;
          if (typeof handleEvent !== "function") throw new TypeError("the listener's handleEvent is no function");
          handleEvent.call(callback, event as never);
        }
      } catch (error) {
        hooks.report(error);
      }
      state.passive = false;
      if (state.stoppedAtOnce) return;
    }
  }
}

function checkCallback(callback: unknown): void {
  if (callback !== null && callback !== undefined && typeof callback !== "object" && typeof callback !== "function") {
    throw new TypeError("the listener is neither a function nor an object");
  }
}

function captures(options: unknown): boolean {
  if (typeof options === "object" && options !== null) return Boolean((options as { capture?: boolean }).capture);
  return typeof options === "function" ? Boolean((options as { capture?: boolean }).capture) : Boolean(options);
}

type Handler = ((this: EventTarget, event: never) => unknown) | null;

/**
 * Gives a class of targets the attribute `on<type>`: a listener that stands where it was first set, and can be changed.
 * `changed` hears of it.
 */
export function handlerAttribute<T extends EventTarget>(target: { prototype: T }, type: string, changed?: (target: T) => void): void {
  const handlers = new WeakMap<EventTarget, { handler: Handler; listener: Listener }>();
  Object.defineProperty(target.prototype, `on${type}`, {
    get(this: T): Handler {
      return handlers.get(this)?.handler ?? null;
    },
    set(this: T, value: unknown) {
      const handler = typeof value === "function" || (typeof value === "object" && value !== null) ? (value as Handler) : null;
      const held = handlers.get(this);
      if (handler === null) {
        if (held !== undefined) this.removeEventListener(type, held.listener);
        handlers.delete(this);
      } else if (held !== undefined) {
        held.handler = handler;
      } else {
        const entry: { handler: Handler; listener: Listener } = {
          handler,
          listener(this: EventTarget, event: Event) {
            if (typeof entry.handler === "function" && entry.handler.call(this, event as never) === false) event.preventDefault();
          },
        };
        handlers.set(this, entry);
        this.addEventListener(type, entry.listener);
      }
      changed?.(this);
    },
    enumerable: true,
    configurable: true,
  });
}

constants(Event, { NONE: 0, CAPTURING_PHASE: 1, AT_TARGET: 2, BUBBLING_PHASE: 3 });
describeInterface(Event, "Event");
describeInterface(EventTarget, "EventTarget");
