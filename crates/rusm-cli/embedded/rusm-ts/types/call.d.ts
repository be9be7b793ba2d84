import type { ExitReason, Pid, PidLike } from "./mail.js";
import type { SpawnOptions } from "./process.js";

/**
 * What becomes of a value on its way between processes. JSON, with pids, bytes and integers of 64 bits: `undefined` in an
 * array or as a result arrives as null, a date as its text, and a bigint that fits a number as a number.
 */
export type Received<T> = 0 extends 1 & T
  ? T
  : unknown extends T
    ? T
    : T extends string | number | boolean | null | Pid | Uint8Array
      ? T
      : T extends bigint
        ? number | bigint
        : T extends undefined
          ? null
          : T extends void
            ? void
            : T extends { toJSON(...key: never[]): infer J }
              ? Received<J>
              : T extends ArrayBuffer
                ? Uint8Array
                : T extends readonly unknown[]
                  ? { [K in keyof T]: Received<T[K]> }
                  : T extends (...args: never[]) => unknown
                    ? never
                    : T extends object
                      ? {
                          [K in keyof T as T[K] extends (...args: never[]) => unknown ? never : K]: ReceivedProperty<
                            T[K]
                          >;
                        }
                      : never;

/** A property that is undefined is not there. */
type ReceivedProperty<T> = Received<Exclude<T, undefined>> | Extract<T, undefined>;

/** A closure may return what it likes: the service does not hear of it. */
type Argument<T> = T extends (...args: infer A) => unknown ? (...args: Extract<Received<A>, unknown[]>) => unknown : T;

type Arguments<A extends unknown[]> = { [K in keyof A]: Argument<A[K]> };

/** How a single call is to be made. */
export interface CallOptions {
  /**
   * How many milliseconds it waits for its answer, and a stream for each item: 5,000 unless the client was made with
   * another limit; `Infinity` is for ever.
   */
  timeout?: number;
  /** Gives the call up when it is aborted. */
  signal?: AbortSignal;
}

/** A function of a service that gives one value. */
export interface CallMethod<A extends unknown[], R> {
  /** Calls it and waits for its answer; see {@link CallError}. */
  (...args: A): Promise<R>;
  /**
   * Calls it and waits for nothing. Whether it runs, and what comes of it, stays unknown.
   *
   * @throws CallError if an argument cannot be sent, or no process has the name.
   */
  cast(...args: A): void;
  /** The function with these options. */
  with(options: CallOptions): (...args: A) => Promise<R>;
}

/** A function of a service that gives many values, one by one: `for await (const item of counter.count(3))`. */
export interface StreamMethod<A extends unknown[], T> {
  /** To leave the loop before its end has the service stop. */
  (...args: A): AsyncIterable<T>;
  /** The function with these options. */
  with(options: CallOptions): (...args: A) => AsyncIterable<T>;
}

/**
 * Calls a service's functions as if they were here: `Client<typeof import("../counter")>`.
 *
 * Functions of the names `then` and `toJSON` cannot be called so, for JavaScript itself asks any object for them.
 */
export type Client<S> = {
  readonly [
    K in keyof S as K extends "default" | "warmup" | "then" | "toJSON"
      ? never
      : S[K] extends (this: never, ...args: never[]) => unknown
        ? K
        : never
  ]: S[K] extends (this: never, ...args: infer A) => infer R ? Method<A, R> : never;
};

type Method<A extends unknown[], R> = [R] extends [never]
  ? CallMethod<Arguments<A>, never>
  : [R] extends [AsyncGenerator<infer T, unknown, never> | Generator<infer T, unknown, never>]
    ? StreamMethod<Arguments<A>, Received<Awaited<T>>>
    : CallMethod<Arguments<A>, Received<Awaited<R>>>;

/** What all calls of a client have in common. */
export interface ClientOptions {
  /** How many milliseconds each call waits for its answer, and each item of a stream is waited for; 5,000 by default. */
  timeout?: number;
}

/**
 * A client of a running service: of the process that has a name, or of a process.
 *
 * A name is looked up at the first call, so a client may be made in module scope. Should its process end, the one that has
 * the name then is called: a resident keeps its clients over a restart.
 *
 * ```ts
 * const counter = connect<typeof import("../counter")>("counter");
 * const total = await counter.add(2);
 * ```
 */
export declare function connect<S>(to: string | PidLike, options?: ClientOptions): Client<S>;

/**
 * Makes a process of a service's component, and gives its client.
 *
 * @throws Error with the code `denied` if the profile's `allow-spawn` does not name the component, or `no-component`.
 */
export declare function spawn<S>(component: string, options?: SpawnOptions & ClientOptions): Client<S>;

/**
 * The process that a client calls next.
 *
 * @throws CallError if no process has the client's name.
 */
export declare function pidOf(client: object): Pid;

/**
 * Why a call has no answer, or none that is a value.
 *
 * Thrown on by a service's function, it reaches that function's own caller as text alone: to be down or late is then
 * nothing that happened to the service itself.
 */
export declare class CallError extends Error {
  constructor(message: string, code?: string, reason?: ExitReason);
  /**
   * What kind of error it is: the code of the service's own error, or one of
   *
   * - `down`: the service ended before it answered, or had ended; {@link reason} tells why. It may have done what it was
   *   asked to, unless the reason is `no-process`;
   * - `timeout`: no answer came in time; it may still do what it was asked to;
   * - `not-running`: no process has this name;
   * - `no-such-function`, `bad-arguments`, `wrong-kind`: the service has no such function, it was called with what is no
   *   value, or it gives a stream where a value was asked for, or the reverse;
   * - `bad-answer`: the answer cannot be sent, or is none;
   * - `unsendable`, `unsent`: an argument cannot be sent, or the call is too long for a message;
   * - `denied`: this process has too many monitors to watch the service by one more;
   * - `calls-itself`: the service is this process, which cannot answer while it waits.
   */
  readonly code?: string;
  /** Why the service ended, if it is that. */
  readonly reason?: ExitReason;
}

/**
 * What a service's function throws when callers are to tell failures apart: a text for people and a code for programs. Any
 * error's message reaches the caller, and its `code` if that is a string.
 */
export declare class ServiceError extends Error {
  constructor(message: string, code?: string);
  readonly code?: string;
}

/**
 * Calls an action of a handlers component by the name that a route would give it, and waits for its response, 5,000 ms
 * at most. A fresh instance answers, under its own component's profile. This process waits as a whole.
 *
 * ```ts
 * const receipt = await call("billing#charge", new Request("http://localhost/", { method: "POST", body: "{}" }));
 * ```
 *
 * @throws Error with the code `denied`, `not-found`, `invalid`, `busy` or `failed`.
 */
export declare function call(
  action: string,
  request: Request,
  options?: { params?: Record<string, string>; timeout?: number },
): Promise<Response>;
