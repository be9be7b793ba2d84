import type { CloseFrame, Connection, Mail, WebSocketHandlers } from "../../../sdk/rusm-ts/index.js";
import type { SocketEvent } from "../native";
import type { Host } from "./host";
import { Envelope } from "./mail";
import type { Mailbox } from "./mailbox";
import { Pid } from "./pid";

/** The longest reason that a close frame has room for, in bytes (RFC 6455, section 5.5). */
const REASON = 123;

/** A process's connection to its client. */
class Client implements Connection {
  readonly #host: Host;
  #request: InstanceType<typeof Request> | undefined;
  #url: InstanceType<typeof URL> | undefined;
  #params: Record<string, string> | undefined;
  /** Whether the last message that came was text. */
  text = true;

  constructor(host: Host) {
    this.#host = host;
  }

  send(data: string | ArrayBuffer | ArrayBufferView): boolean {
    const { native } = this.#host;
    if (typeof data === "string") {
      // Half of a surrogate pair is no text (Web IDL's USVString).
      return native.sendText(data.isWellFormed() ? data : data.toWellFormed());
    }
    if (data instanceof Uint8Array) {
      return native.sendBinary(data);
    }
    if (ArrayBuffer.isView(data)) {
      return native.sendBinary(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
    if (data instanceof ArrayBuffer) {
      return native.sendBinary(new Uint8Array(data));
    }
    throw new TypeError("a message is a string or bytes: of anything else send its JSON.stringify");
  }

  close(code = 1000, reason = ""): boolean {
    return this.#host.native.closeSocket(code, cut(reason));
  }

  get request(): InstanceType<typeof Request> {
    return (this.#request ??= this.#host.platform.request(this.#host.native.requestTarget()));
  }

  get url(): string {
    return this.request.url;
  }

  get path(): string {
    return (this.#url ??= new URL(this.url)).pathname;
  }

  get query(): InstanceType<typeof URLSearchParams> {
    return (this.#url ??= new URL(this.url)).searchParams;
  }

  get headers(): InstanceType<typeof Headers> {
    return this.request.headers;
  }

  get params(): Record<string, string> {
    return (this.#params ??= paramsOf(this.#host.native.requestParams()));
  }

  get remoteAddress(): string | null {
    return this.#host.native.remoteAddress() ?? null;
  }

  get subprotocol(): string | null {
    return this.#host.native.subprotocol() ?? null;
  }

  get pid(): Pid {
    return Pid.of(this.#host.native.ownPid());
  }
}

/** What a route captured, as an object in which no name is special. */
export function paramsOf(captured: [name: string, value: string][]): Record<string, string> {
  const params = Object.create(null) as Record<string, string>;
  for (const [name, value] of captured) {
    params[name] = value;
  }
  return params;
}

/** As much as fits, cut between characters. */
function cut(reason: string): string {
  let bytes = 0;
  let end = 0;
  for (const character of reason) {
    const point = character.codePointAt(0)!;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    if (bytes > REASON) {
      break;
    }
    end += character.length;
  }
  return reason.slice(0, end);
}

/** Holds the connection of this process's client until it is over. What a handler throws ends the process. */
export async function holdSocket(host: Host, mailbox: Mailbox, handlers: WebSocketHandlers): Promise<void> {
  const client = new Client(host);
  const events = new Events(host, mailbox);
  await handlers.open?.(client);
  for (;;) {
    const event = await events.next();
    switch (event.kind) {
      case "text":
        client.text = true;
        await handlers.message(client, event.text);
        break;
      case "binary":
        client.text = false;
        await handlers.message(client, event.bytes as Uint8Array<ArrayBuffer>);
        break;
      case "mail":
        await (handlers.mail === undefined ? pass(host, client, event.mail) : handlers.mail(client, event.mail));
        break;
      case "closed":
        await handlers.close?.(client, closeFrame(event));
        return;
    }
  }
}

type Event = Exclude<SocketEvent, { kind: "mail" }> | { kind: "mail"; mail: Mail };

/** How many events in a row are taken without a look at timers and whatever else may be ready. */
const BURST = 32;

/** What happens to a connection, in order. */
class Events {
  #taken = 0;

  constructor(
    private readonly host: Host,
    private readonly mailbox: Mailbox,
  ) {}

  async next(): Promise<Event> {
    for (;;) {
      // What was read for a call of this process's, and is no answer to it, came before anything that is still to be read.
      const waiting = this.mailbox.unclaimed();
      if (waiting !== undefined) {
        return { kind: "mail", mail: waiting.mail() };
      }
      const event = this.#taken++ < BURST ? this.host.native.tryNextSocket() : undefined;
      if (event === undefined) {
        await this.#wait();
      } else if (event.kind === "mail") {
        this.mailbox.accept(new Envelope(this.host, event.mail));
      } else {
        return event;
      }
    }
  }

  /** Until there is something on the socket, or mail that was read for a call and is none of its. */
  async #wait(): Promise<void> {
    const { native } = this.host;
    let waiting = 0;
    const which = await new Promise<"socket" | "mail">((resolve) => {
      waiting = native.whenReady(["socket"], () => resolve("socket"));
      this.mailbox.whenUnclaimed(() => resolve("mail"));
    });
    this.mailbox.whenUnclaimed(undefined);
    if (which === "mail") {
      native.forget(waiting);
    }
    this.#taken = 0;
  }
}

/** Sends a message on to the client, of the type that the client's last one had; as bytes if it is no text. */
function pass(host: Host, client: Client, mail: Mail): void {
  if (mail.kind === "stream") {
    mail.cancel();
  } else if (mail.kind === "message") {
    const text = client.text ? host.native.utf8(mail.bytes) : undefined;
    client.send(text ?? mail.bytes);
  }
}

function closeFrame(event: { code?: number; reason?: string }): CloseFrame | null {
  return event.code === undefined ? null : { code: event.code, reason: event.reason ?? "" };
}
