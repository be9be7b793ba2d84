import type { Mail, Pid } from "./mail.js";

/** What a fetch handler gets besides the request. */
export interface FetchContext {
  /** What the route's pattern captured of the path, decoded: `id` of `"GET /users/:id"`. */
  params: Record<string, string>;
}

/** The default export of a component that answers requests. */
export type FetchHandler = (request: Request, context: FetchContext) => Response | Promise<Response>;

/** What `this` is in a service's function: `export function sign(this: Call, name: string)`. */
export interface Call {
  /** Who made the call, as the node knows and nobody can forge. */
  readonly caller: Pid;
}

/** What a service does besides answering calls. */
export interface ServiceHooks {
  /** Runs before the first call, with what the process was spawned with. What it throws ends the process. */
  init?(argument: unknown): void | Promise<void>;
  /** Takes mail that is no call; without it such mail is dropped. What it throws ends the process. */
  mail?(mail: Mail): void | Promise<void>;
}

/** A component that {@link service} made. */
export interface ServiceComponent {
  readonly kind: "service";
}

/**
 * Makes the component a service whose process does more than to answer calls. Its functions are the module's exported
 * ones, as in any service.
 *
 * ```ts
 * let room = "lobby";
 * export default service({ init(argument) { room = String(argument); } });
 * export function name() { return room; }
 * ```
 */
export declare function service(hooks: ServiceHooks): ServiceComponent;

/** The end of a connection, in the words of who ended it. */
export interface CloseFrame {
  /** See RFC 6455, section 7.4. 1005 if none was given. */
  code: number;
  /** For people. Often empty. */
  reason: string;
}

/**
 * What a process does for its one WebSocket client. One of these runs at a time: what a handler awaits, the next event
 * waits for. What it throws ends the process, and the client sees code 1011.
 */
export interface WebSocketHandlers {
  /** The connection is there. */
  open?(connection: Connection): void | Promise<void>;
  /** The client sent a message: a string if as text, bytes if as binary. */
  message(connection: Connection, data: string | Uint8Array<ArrayBuffer>): void | Promise<void>;
  /**
   * Mail came: another process sent something, or a process that is monitored ended. Without this the body of a message
   * goes out to the client, as text or binary as the client's last message was, and other mail is dropped.
   */
  mail?(connection: Connection, mail: Mail): void | Promise<void>;
  /**
   * The connection is over, with what the client or the node said of it, or null if the client went away without a word.
   * The process has a few seconds to end. Not called when it is killed or crashes.
   */
  close?(connection: Connection, frame: CloseFrame | null): void | Promise<void>;
}

/** A process's connection to its client, and the request that it began with. */
export interface Connection {
  /**
   * Sends a message: a string as text, bytes as binary. The process waits while the client takes nothing and much is to be
   * sent already. False if the connection is over or closing.
   */
  send(data: string | ArrayBuffer | ArrayBufferView): boolean;
  /**
   * Begins the closing handshake: 1000 is the code of an ordinary end, and 3000 to 4999 are for applications. Of the
   * reason, 123 bytes are sent at most. False if the connection is over or closing.
   *
   * @throws RangeError for a code that nobody may send.
   */
  close(code?: number, reason?: string): boolean;
  /** The request that the connection began with. */
  readonly request: Request;
  /** Its whole URL. */
  readonly url: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  /** What the route's pattern captured of the path, decoded. */
  readonly params: Record<string, string>;
  /** The client's address, as `ip:port`; null if the node does not know it. */
  readonly remoteAddress: string | null;
  /** The subprotocol that was agreed on, of those that the listener offers. */
  readonly subprotocol: string | null;
  /** The process that holds the connection. What is sent to it comes to `mail`. */
  readonly pid: Pid;
}

/** A component that {@link websocket} made. */
export interface WebSocketComponent {
  readonly kind: "ws";
}

/**
 * Makes the component hold connections by WebSocket, each in a process of its own.
 *
 * ```ts
 * export default websocket({
 *   open(s) { s.send("welcome\n"); },
 *   message(s, data) { s.send(data); },
 * });
 * ```
 */
export declare function websocket(handlers: WebSocketHandlers): WebSocketComponent;
