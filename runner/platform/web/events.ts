/** Events that carry more than their type. */
import { Event, type EventInit, eventState } from "./event";
import { describeInterface, dictionary, domString, needArguments } from "./webidl";

export class CustomEvent<T = unknown> extends Event {
  #detail: T;

  constructor(type: string, init?: EventInit & { detail?: T }) {
    needArguments(arguments.length, 1, "CustomEvent");
    super(type, init);
    this.#detail = (dictionary(init, "the event's options").detail ?? null) as T;
  }

  get detail(): T {
    return this.#detail;
  }

  initCustomEvent(type: string, bubbles = false, cancelable = false, detail: T = null as T): void {
    needArguments(arguments.length, 1, "initCustomEvent");
    if (eventState(this).dispatching) return;
    this.initEvent(type, bubbles, cancelable);
    this.#detail = detail;
  }
}

interface ErrorEventInit extends EventInit {
  message?: string;
  filename?: string;
  lineno?: number;
  colno?: number;
  error?: unknown;
}

export class ErrorEvent extends Event {
  #init: ErrorEventInit;

  constructor(type: string, init?: ErrorEventInit) {
    needArguments(arguments.length, 1, "ErrorEvent");
    super(type, init);
    const { message = "", filename = "", lineno = 0, colno = 0, error } = dictionary(init, "the event's options");
    this.#init = { message: domString(message), filename: domString(filename), lineno: lineno >>> 0, colno: colno >>> 0, error };
  }

  get message(): string {
    return this.#init.message!;
  }

  get filename(): string {
    return this.#init.filename!;
  }

  get lineno(): number {
    return this.#init.lineno!;
  }

  get colno(): number {
    return this.#init.colno!;
  }

  get error(): unknown {
    return this.#init.error;
  }
}

export class PromiseRejectionEvent extends Event {
  #promise: Promise<unknown>;
  #reason: unknown;

  constructor(type: string, init: EventInit & { promise: Promise<unknown>; reason?: unknown }) {
    needArguments(arguments.length, 2, "PromiseRejectionEvent");
    super(type, init);
    if (typeof init?.promise !== "object" || init.promise === null) throw new TypeError("PromiseRejectionEvent needs a promise");
    this.#promise = init.promise;
    this.#reason = init.reason;
  }

  get promise(): Promise<unknown> {
    return this.#promise;
  }

  get reason(): unknown {
    return this.#reason;
  }
}

interface MessageEventInit extends EventInit {
  data?: unknown;
  origin?: string;
  lastEventId?: string;
  source?: unknown;
  ports?: Iterable<unknown>;
}

export class MessageEvent extends Event {
  #init: MessageEventInit;
  #ports: readonly unknown[];

  constructor(type: string, init?: MessageEventInit) {
    needArguments(arguments.length, 1, "MessageEvent");
    super(type, init);
    const { data = null, origin = "", lastEventId = "", source = null, ports = [] } = dictionary(init, "the event's options");
    this.#init = { data, origin: domString(origin), lastEventId: domString(lastEventId), source };
    this.#ports = Object.freeze([...ports]);
  }

  get data(): unknown {
    return this.#init.data;
  }

  get origin(): string {
    return this.#init.origin!;
  }

  get lastEventId(): string {
    return this.#init.lastEventId!;
  }

  get source(): unknown {
    return this.#init.source;
  }

  get ports(): readonly unknown[] {
    return this.#ports;
  }
}

describeInterface(CustomEvent, "CustomEvent");
describeInterface(ErrorEvent, "ErrorEvent");
describeInterface(PromiseRejectionEvent, "PromiseRejectionEvent");
describeInterface(MessageEvent, "MessageEvent");
