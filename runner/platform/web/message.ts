import { cloneWith, refuseCloning, registerTransferable } from "./clone";
import { EventTarget, dispatch, handlerAttribute } from "./event";
import { MessageEvent } from "./events";
import { DOMException } from "./exception";
import { setTimeout } from "./timers";
import { SECRET, describeInterface, needArguments } from "./webidl";

interface PortState {
  /** The other end; undefined once either is closed. */
  other: MessagePort | undefined;
  started: boolean;
  queue: { data: unknown; ports: object[] }[];
  detached: boolean;
}

let portState: (port: MessagePort) => PortState;
let isPort: (value: unknown) => value is MessagePort;

/** One end of a channel. What is posted arrives at the other in a task of its own. */
export class MessagePort extends EventTarget {
  #s: PortState = { other: undefined, started: false, queue: [], detached: false };

  static {
    portState = (port) => port.#s;
    isPort = (value): value is MessagePort => typeof value === "object" && value !== null && #s in value;
  }

  constructor(secret?: unknown) {
    if (secret !== SECRET) throw new TypeError("Illegal constructor");
    super();
  }

  postMessage(message: unknown, options?: Iterable<object> | { transfer?: Iterable<object> }): void {
    needArguments(arguments.length, 1, "postMessage");
    const transfer = options && (Symbol.iterator in options ? options : options.transfer);
    const list = transfer === undefined ? [] : [...transfer];
    if (list.includes(this)) throw new DOMException("a port cannot be sent through itself", "DataCloneError");
    const { value, transferred } = cloneWith(message, list);
    const { other } = this.#s;
    if (other === undefined) return;
    other.#s.queue.push({ data: value, ports: transferred.filter(isPort) });
    if (other.#s.started) other.#deliverLater();
  }

  start(): void {
    if (this.#s.started || this.#s.detached) return;
    this.#s.started = true;
    for (const _ of this.#s.queue) this.#deliverLater();
  }

  close(): void {
    const { other } = this.#s;
    this.#s.other = undefined;
    this.#s.queue.length = 0;
    if (other !== undefined) other.#s.other = undefined;
  }

  #deliverLater(): void {
    setTimeout(() => {
      const message = this.#s.queue.shift();
      if (message === undefined) return;
      dispatch(this, new MessageEvent("message", message), SECRET);
    }, 0);
  }

  declare onmessage: ((this: EventTarget, event: MessageEvent) => unknown) | null;
  declare onmessageerror: ((this: EventTarget, event: MessageEvent) => unknown) | null;
}

export class MessageChannel {
  #ports: [MessagePort, MessagePort];

  constructor() {
    const ports: [MessagePort, MessagePort] = [new MessagePort(SECRET), new MessagePort(SECRET)];
    portState(ports[0]).other = ports[1];
    portState(ports[1]).other = ports[0];
    this.#ports = ports;
  }

  get port1(): MessagePort {
    return this.#ports[0];
  }

  get port2(): MessagePort {
    return this.#ports[1];
  }
}

/** The new port takes the old one's place at the channel, and what had not been delivered. */
function move(port: MessagePort): MessagePort {
  const state = portState(port);
  if (state.detached) throw new DOMException("the port was transferred already", "DataCloneError");
  const next = new MessagePort(SECRET);
  const { other, queue } = state;
  Object.assign(portState(next), { other, queue: queue.splice(0) });
  if (other !== undefined) portState(other).other = next;
  Object.assign(state, { other: undefined, started: true, detached: true });
  return next;
}

registerTransferable(isPort!, (port) => move(port as MessagePort));
refuseCloning(MessageChannel);
describeInterface(MessagePort, "MessagePort");
handlerAttribute(MessagePort, "message", (port) => port.start());
handlerAttribute(MessagePort, "messageerror");
describeInterface(MessageChannel, "MessageChannel");
