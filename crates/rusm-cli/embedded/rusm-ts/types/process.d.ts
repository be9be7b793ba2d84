import type { ExitReason, IncomingStream, Mail, Message, Monitor, Pid, PidLike, StreamWriter } from "./mail.js";

/** A message that is to come; see {@link Processes.sendAfter}. */
export type Timer = bigint;

/** How a process is to be made. */
export interface SpawnOptions {
  /** What it is to know from the start: the argument of a worker's function, or of a service's `init`. */
  argument?: unknown;
  /** What it is called in logs; the component's name by default. */
  label?: string;
  /** Links it to this process, in one step with its birth. */
  link?: boolean;
}

/** A process that was made. */
export interface Spawned {
  pid: Pid;
  /** If one was asked for. */
  monitor?: Monitor;
}

/** What a process looks like from outside. */
export interface ProcessInfo {
  pid: Pid;
  /** What it is called in logs. */
  label?: string;
  /** Its registered names. */
  names: string[];
  /** The groups that it is a member of. */
  groups: string[];
  /** Mails that wait, without those that were received and set aside. */
  mailbox: number;
  links: Pid[];
  /** Whom it monitors. */
  monitors: Pid[];
  /** Who monitors it. */
  monitoredBy: Pid[];
  trapExit: boolean;
  /** How often it was scheduled. */
  reductions: number;
}

/**
 * The process that this code runs in, and those that it knows.
 *
 * What the profile does not grant throws an Error that names the key that would, with the code `denied`. Times are in
 * milliseconds. Nothing here can be used in module scope, which runs before there is a process.
 */
export interface Processes {
  /** The pid of this process. */
  self(): Pid;
  /** What this process was spawned with; undefined if with nothing. */
  argument(): unknown;
  /** The same in bytes. */
  argumentBytes(): Uint8Array;

  /**
   * Makes a process of a component, which runs under that component's profile. For a service, the {@link spawn} beside this
   * object gives a client.
   *
   * @throws Error with the code `denied`, `no-component` or `too-long`.
   */
  spawn(component: string, options?: SpawnOptions & { monitor?: boolean }): Spawned;

  /**
   * Sends a value, as the wire has it. Waits while the receiver's mailbox is full. Nothing happens if there is no such
   * process.
   *
   * @throws TypeError if the value cannot be sent; Error with the code `too-long`, or `full` if it was for this process
   * itself.
   */
  send(to: PidLike, value: unknown): void;
  /** {@link send} of bytes, as they are; text as UTF-8. */
  sendBytes(to: PidLike, bytes: string | Uint8Array): void;

  /** The next mail, as long as it may take. */
  receive(): Promise<Mail>;
  /** The next mail, or null if none comes in time. With 0: what is there already. */
  receive(ms: number): Promise<Mail | null>;
  /** The next message; other mail stays for later, in its order. */
  receiveMessage<T = unknown>(): Promise<Message<T>>;
  receiveMessage<T = unknown>(ms: number): Promise<Message<T> | null>;
  /** The first mail that is wanted; the others stay, in their order. */
  receiveMatch<M extends Mail>(wanted: (mail: Mail) => mail is M): Promise<M>;
  receiveMatch<M extends Mail>(wanted: (mail: Mail) => mail is M, ms: number): Promise<M | null>;
  receiveMatch(wanted: (mail: Mail) => boolean): Promise<Mail>;
  receiveMatch(wanted: (mail: Mail) => boolean, ms: number): Promise<Mail | null>;

  /**
   * Has this process told by a {@link Down}, once, when another ends. At once if it is dead already.
   *
   * A process that is not this one's own (it did not spawn it) takes `allow-process-control`, as for {@link link},
   * {@link exit}, {@link kill} and {@link info}.
   */
  monitor(other: PidLike): Monitor;
  /** Takes a monitor back. What it had to tell is dropped, if it has not been received. */
  demonitor(monitor: Monitor): void;
  /** Links this process to another: should either end abnormally, so does the other, unless it traps exits. */
  link(other: PidLike): void;
  unlink(other: PidLike): void;
  /** Whether exit signals come as {@link ExitSignal} rather than end this process. Returns how it was before. */
  trapExit(on: boolean): boolean;
  /**
   * Sends an exit signal: the process ends by this reason, unless it traps exits. `normal` is ignored by one that does not.
   */
  exit(to: PidLike, reason: ExitReason): void;
  /** Ends a process, trapping or not. */
  kill(other: PidLike): void;
  /** Ends this process by this reason, at once: no `finally` runs. */
  exitSelf(reason: ExitReason): never;
  isAlive(other: PidLike): boolean;

  /**
   * Gives this process a name, until it ends. A process may have several.
   *
   * @throws Error with the code `taken`, `reserved` for a component's name, or `invalid`.
   */
  register(name: string): void;
  /** Takes one of this process's names back. False if it has no such name. */
  unregister(name: string): boolean;
  /** The process of this name. A resident has the name of its component. */
  whereis(name: string): Pid | null;

  /** What a process looks like now; null if there is none. */
  info(other: PidLike): ProcessInfo | null;
  /** Every process of the node, in no order. */
  list(): Pid[];
  /** What this process is called in logs from now on. */
  setLabel(label: string): void;

  /** Sends a value from this process when the delay is over, unless this process has ended by then. */
  sendAfter(delay: number, to: PidLike, value: unknown): Timer;
  /** Sends a value again and again, until this process ends or the timer is cancelled. */
  sendInterval(period: number, to: PidLike, value: unknown): Timer;
  /** Takes a timer back, and tells how much time was left; null if it has fired. */
  cancelTimer(timer: Timer): number | null;
  /** How much time is left; null if it has fired or was cancelled. */
  readTimer(timer: Timer): number | null;

  /** Makes this process a member of a group, once more if it is one already. Memberships end with the process. */
  join(group: string): void;
  /** Ends one membership of this process. False if it had none. */
  leave(group: string): boolean;
  /** The members, in the order of their pids, each as often as it joined. */
  members(group: string): Pid[];
  /** The groups that have members. */
  groups(): string[];
  /**
   * Sends a value to every member but this process, and tells to how many. It never waits: a member whose mailbox is full
   * misses it.
   */
  broadcast(group: string, value: unknown): number;
  /** {@link broadcast} of bytes, as they are. */
  broadcastBytes(group: string, bytes: string | Uint8Array): number;

  /** Opens a byte stream to a process, which finds it in its mailbox, in order with the messages that it is sent. */
  openStream(to: PidLike): StreamWriter;
  /** The next stream that comes, or has come. Other mail stays for later. */
  acceptStream(): Promise<IncomingStream>;
  acceptStream(ms: number): Promise<IncomingStream | null>;
}

/** The process that this code runs in, and those that it knows. */
export declare const Process: Processes;
