/**
 * A process's identity.
 *
 * Equal pids are the same object, so `===`, `Map` and `Set` tell processes apart. As text it is its number, and between
 * processes it stays a pid, in Rust as well.
 */
export declare class Pid {
  private constructor();
  /** The pid of this number. It need not be one of a living process. */
  static of(number: bigint): Pid;
  /** The node itself, as the sender of what no process sent. */
  static readonly node: Pid;
  /** The number: 64 bits, never used twice in a node's life. */
  readonly value: bigint;
  valueOf(): bigint;
  toString(): string;
  toJSON(): { $pid: string };
}

/** A process; its number will do. */
export type PidLike = Pid | bigint;

/** One process's watch over another; see {@link Processes.monitor}. */
export type Monitor = bigint;

/** Why a process ended. */
export type ExitReason =
  /** Its body came to its end. */
  | { kind: "normal" }
  /** An orderly end, asked for by a supervisor or by the process itself, perhaps with a word about it. */
  | { kind: "shutdown"; text?: string }
  /** It was killed. */
  | { kind: "killed" }
  /** It failed; the text says how. */
  | { kind: "crashed"; text: string }
  /** There was no such process. */
  | { kind: "no-process" };

/** What comes into a process's mailbox. Nobody but the node can make anything other than a message. */
export type Mail = Message | Down | ExitSignal | IncomingStream;

/** Another process sent something. */
export interface Message<T = unknown> {
  readonly kind: "message";
  /** Who sent it, as the node knows and nobody can forge. */
  readonly from: Pid;
  /** What was sent, as it came. */
  readonly bytes: Uint8Array;
  /**
   * The value that was sent by {@link Processes.send}. Nothing checks that it is of the type that you say.
   *
   * @throws TypeError if the bytes are no document of the wire.
   */
  readonly value: T;
}

/** A monitored process ended. */
export interface Down {
  readonly kind: "down";
  /** Which monitor this answers. It is used up. */
  readonly monitor: Monitor;
  readonly pid: Pid;
  readonly reason: ExitReason;
}

/** An exit signal, for a process that {@link Processes.trapExit | traps} them. */
export interface ExitSignal {
  readonly kind: "exit";
  /** The linked process that ended, or the one that sent the signal. */
  readonly from: Pid;
  readonly reason: ExitReason;
}

/**
 * Another process opened a byte stream to this one.
 *
 * To leave a `for await` over it, to {@link cancel} it or to end with it ends the stream for the writer.
 */
export interface IncomingStream extends AsyncIterable<Uint8Array> {
  readonly kind: "stream";
  /** Who opened it, as the node knows and nobody can forge. */
  readonly from: Pid;
  /**
   * The next bytes, 64 KiB at most, as soon as there are any; null at the clean end, and again after it.
   *
   * @throws Error with the code `aborted` if the writer went away before it closed the stream.
   */
  read(): Promise<Uint8Array | null>;
  /** The same as a stream of the web platform. */
  readable(): ReadableStream<Uint8Array>;
  /** Reads no more. */
  cancel(): void;
}

/**
 * The end of a stream that is written to.
 *
 * **A stream has to be closed.** To end without {@link close} aborts it: the reader gets what was written before and then
 * an error, so that a stream that broke off is never taken for a whole one.
 */
export interface StreamWriter {
  /** The process that the stream was opened to. */
  readonly to: Pid;
  /**
   * Writes all of it, piece by piece as the reader makes room. That bytes were written says that they are buffered, not
   * that they were read. The whole process waits meanwhile.
   *
   * @throws Error with the code `broken` if nobody reads any more.
   */
  write(bytes: string | Uint8Array): Promise<void>;
  /** Ends the stream: the reader gets the clean end after the last byte. */
  close(): void;
  /** Breaks it off. */
  abort(): void;
  /** The same as a stream of the web platform, for `pipeTo`, say. */
  writable(): WritableStream<Uint8Array>;
}
