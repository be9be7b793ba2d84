import type { Call, Pid as PublicPid, ServiceHooks } from "../../../../sdk/rusm-ts/index.js";
import { isThenable } from "../client/call";
import { codeOf, messageOf } from "../errors";
import type { Host } from "../host";
import type { Envelope } from "../mail";
import type { Mailbox } from "../mailbox";
import { Pid } from "../pid";
import { received } from "../wire/decode";
import { encode, encodeArguments } from "../wire/encode";
import { errorFrame, invocationFrame, valueFrame, type Frame } from "../wire/frame";
import { Streams } from "./streams";

/** A function that others may call. */
export type ServiceFunction = (this: Call, ...args: unknown[]) => unknown;

type CallFrame = Extract<Frame, { is: "call" }>;

/** What a service is made of. */
export interface Service {
  functions: Map<string, ServiceFunction>;
  hooks: ServiceHooks;
}

/** A bound of what of a message is shown in a log. */
const SHOWN = 200;

/** The process of a service: mail in, functions called one at a time, answers out. */
export class Serving {
  readonly #streams: Streams;

  constructor(
    private readonly host: Host,
    private readonly mailbox: Mailbox,
    private readonly service: Service,
  ) {
    this.#streams = new Streams(host, mailbox);
  }

  /** Serves until the process ends. */
  async run(argument: unknown): Promise<never> {
    this.mailbox.serving = true;
    await this.service.hooks.init?.(argument);
    for (;;) {
      const envelope = this.mailbox.next();
      if (envelope === undefined) {
        await this.mailbox.arrival();
        continue;
      }
      const work = this.#take(envelope);
      if (work !== undefined) {
        await work;
      }
    }
  }

  /** What has to be waited for before the next. */
  #take(envelope: Envelope): PromiseLike<unknown> | undefined {
    const { raw } = envelope;
    const frame = envelope.frame();
    if (raw.kind !== "message" || frame === null) {
      return this.#other(envelope);
    }
    switch (frame.is) {
      case "call":
        return this.#answer(raw.sender, frame);
      case "credit":
        this.#streams.credit(raw.sender, frame.ref, frame.items);
        return undefined;
      case "cancel":
        this.#streams.cancel(raw.sender, frame.ref);
        return undefined;
      case "malformed":
        this.host.warn(`dropped a message from process ${raw.sender}: ${frame.reason}: ${this.#shown(raw.body)}`);
        return undefined;
      case "other":
        return this.#other(envelope);
      default:
        return undefined; // It answers a call that was given up long ago, or never made.
    }
  }

  #shown(body: Uint8Array): string {
    return this.host.native.utf8(body)?.slice(0, SHOWN) ?? `${body.length} bytes`;
  }

  #other(envelope: Envelope): PromiseLike<unknown> | undefined {
    const { hooks } = this.service;
    if (hooks.mail === undefined) {
      if (envelope.raw.kind === "stream") {
        this.host.native.dropStream(envelope.raw.reader);
      }
      return undefined;
    }
    const work = hooks.mail(envelope.mail());
    return isThenable(work) ? work : undefined;
  }

  #answer(sender: bigint, call: CallFrame): PromiseLike<unknown> | undefined {
    const scope = { open: call.ref !== undefined && !call.stream };
    let result: unknown;
    try {
      result = this.#dispatch(sender, call, scope);
    } catch (error) {
      return this.#failed(sender, call, scope, error);
    }
    if (call.stream) {
      this.#streams.add(sender, call.ref!, result as Iterator<unknown> | AsyncIterator<unknown>);
      return undefined;
    }
    if (!isThenable(result)) {
      return this.#done(sender, call, scope, result);
    }
    return result.then(
      (value) => this.#done(sender, call, scope, value),
      (error: unknown) => this.#failed(sender, call, scope, error),
    );
  }

  /** Runs the function that the call names. */
  #dispatch(sender: bigint, call: CallFrame, scope: { open: boolean }): unknown {
    const run = this.service.functions.get(call.op);
    if (run === undefined) {
      const names = [...this.service.functions.keys()].join(", ");
      throw refusal("no-such-function", `no function \`${call.op}\`; there is ${names}`);
    }
    const streams = isGenerator(run);
    if (streams && (!call.stream || call.ref === undefined)) {
      throw refusal("wrong-kind", `\`${call.op}\` gives a stream: call it with \`stream\``);
    }
    if (!streams && call.stream) {
      throw refusal("wrong-kind", `\`${call.op}\` gives one value: call it without \`stream\``);
    }
    const closure = (number: number) => this.#closure(sender, number, scope);
    const args = call.args.map((arg, index) => {
      try {
        return received(arg, closure);
      } catch (error) {
        throw refusal("bad-arguments", `argument ${index + 1}: ${messageOf(error)}`);
      }
    });
    return Reflect.apply(run, new Context(sender), args);
  }

  /** A closure of the caller's, which can be called until the call is answered. */
  #closure(caller: bigint, number: number, scope: { open: boolean }): (...args: unknown[]) => boolean {
    return (...args) => {
      if (!scope.open) {
        return false;
      }
      const documents = encodeArguments(args, () => {
        throw new TypeError("a closure takes no closures");
      });
      this.host.native.send(caller, invocationFrame(number, documents));
      return true;
    };
  }

  #done(sender: bigint, call: CallFrame, scope: { open: boolean }, value: unknown): undefined {
    scope.open = false;
    if (call.ref !== undefined) {
      answer(this.host, sender, call.ref, "ok", value);
    }
  }

  #failed(sender: bigint, call: CallFrame, scope: { open: boolean }, error: unknown): undefined {
    scope.open = false;
    if (call.ref !== undefined) {
      answerError(this.host, sender, call.ref, messageOf(error), codeOf(error));
    } else {
      this.host.warn(`a cast of \`${call.op}\` from process ${sender}: ${this.host.platform.show(error)}`);
    }
  }
}

/** What `this` is in a function. */
class Context implements Call {
  readonly #caller: bigint;

  constructor(caller: bigint) {
    this.#caller = caller;
  }

  get caller(): PublicPid {
    return Pid.of(this.#caller);
  }
}

const GENERATORS = [
  Object.getPrototypeOf(function* () {}) as object,
  Object.getPrototypeOf(async function* () {}) as object,
];

/** By its kind, so that nothing has to run to find out. */
function isGenerator(run: ServiceFunction): boolean {
  return GENERATORS.includes(Object.getPrototypeOf(run) as object);
}

function refusal(code: string, text: string): Error {
  return Object.assign(new Error(text), { code });
}

/** Sends a value, or why it cannot be sent. True if it was sent. */
export function answer(host: Host, caller: bigint, ref: number, word: "ok" | "item", value: unknown): boolean {
  try {
    host.native.send(caller, valueFrame(ref, word, encode(value)));
    return true;
  } catch (error) {
    answerError(host, caller, ref, `the answer cannot be sent: ${messageOf(error)}`, "bad-answer");
    return false;
  }
}

/** Sends an error, or one without its text. */
export function answerError(host: Host, caller: bigint, ref: number, message: string, code: string | undefined): void {
  try {
    host.native.send(caller, errorFrame(ref, message, code));
  } catch {
    const text = "the error that this was answered with cannot be sent";
    host.native.send(caller, errorFrame(ref, text, "bad-answer"));
  }
}
