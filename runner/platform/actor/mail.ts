import type { Down, ExitReason, ExitSignal, Mail, Message } from "../../../sdk/rusm-ts/index.js";
import type * as native from "../native";
import { Incoming } from "./byte-stream";
import type { Host } from "./host";
import { Pid } from "./pid";
import { received } from "./wire/decode";
import { parseFrame, type Frame } from "./wire/frame";

const BRACE = 0x7b;

/** Mail as it came, with what was found out about it: most of it is no business of the application's. */
export class Envelope {
  #frame: Frame | null | undefined;
  #mail: Mail | undefined;

  constructor(
    readonly host: Host,
    readonly raw: native.Mail,
  ) {}

  /** What it says as a message between services; null if it is none such. */
  frame(): Frame | null {
    if (this.#frame === undefined) {
      const frame = this.raw.kind === "message" ? frameOf(this.host, this.raw.body) : null;
      this.#frame = frame ?? null;
    }
    return this.#frame;
  }

  /** Whether it belongs to the conversation between a service and its callers. */
  isFrame(): boolean {
    const frame = this.frame();
    return frame !== null && frame.is !== "other";
  }

  /** As the application sees it: one object, however often it is looked at. */
  mail(): Mail {
    return (this.#mail ??= this.#open());
  }

  #open(): Mail {
    const { raw } = this;
    switch (raw.kind) {
      case "message":
        return new Received(this.host, Pid.of(raw.sender), raw.body);
      case "down":
        return {
          kind: "down",
          monitor: raw.monitor,
          pid: Pid.of(raw.pid),
          reason: raw.reason as ExitReason,
        } satisfies Down;
      case "exit":
        return { kind: "exit", from: Pid.of(raw.sender), reason: raw.reason as ExitReason } satisfies ExitSignal;
      case "stream":
        return new Incoming(this.host, Pid.of(raw.sender), raw.reader);
    }
  }
}

function frameOf(host: Host, body: Uint8Array): Frame | undefined {
  let first = 0;
  while (body[first]! <= 0x20) {
    first++;
  }
  if (body[first] !== BRACE) {
    return undefined;
  }
  const text = host.native.utf8(body);
  return text === undefined ? undefined : parseFrame(text);
}

/** A message. Its value is read when it is asked for, for it may be nothing that the wire knows. */
class Received implements Message {
  readonly kind = "message";
  readonly #host: Host;
  #value: { is: unknown } | undefined;

  constructor(
    host: Host,
    readonly from: Pid,
    readonly bytes: Uint8Array,
  ) {
    this.#host = host;
  }

  get value(): unknown {
    return (this.#value ??= { is: valueOf(this.#host, this.bytes, this.from) }).is;
  }
}

function valueOf(host: Host, bytes: Uint8Array, from: Pid): unknown {
  try {
    return documentOf(host, bytes);
  } catch (error) {
    throw new TypeError(`a message from process ${from} is no document: ${(error as Error).message}`);
  }
}

/** The value of bytes that are a document. */
export function documentOf(host: Host, bytes: Uint8Array): unknown {
  const text = host.native.utf8(bytes);
  if (text === undefined) {
    throw new TypeError("it is not UTF-8");
  }
  return received(JSON.parse(text));
}
