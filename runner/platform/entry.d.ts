/**
 * What the runner's JavaScript side gives to its Rust side: one object, made once, before the bundle is evaluated.
 * Whatever fails in here is thrown; what was thrown in a bundle's code and heard by nobody goes to `unheard`.
 */
export interface Entry {
  /**
   * Takes the bundle's namespace after its evaluation, and tells what it is. Throws an Error whose message says what to
   * do for one that is nothing.
   */
  describe(bundle: Record<string, unknown>): { kind: "fetch" | "ws" | "service" | "main" };

  /** Answers a request. */
  handle(method: string, target: string, params: [name: string, value: string][]): HttpReply | Promise<HttpReply>;
  /** The body of a process of the other kinds, to its end. */
  run(): Promise<void>;

  /** The moment of the next timer, as `monotonic` tells time; Infinity if there is none. */
  nextTimer(): number;
  /** Runs the timers whose moment has come. */
  runTimers(): void;

  /** Told, after the microtasks, of a promise that was rejected with nobody to hear of it. Returns the text for the log. */
  unheard(reason: unknown): string;
  /** An error with its stack, as the log shows it. */
  show(error: unknown): string;
}

/**
 * The whole reply, or undefined when it went out piece by piece, by `startReply` and `writeReply`. The fields are names and
 * values by turns, as the response holds them: an array for each would cost every request.
 */
export type HttpReply = [status: number, fields: string[], body: string | Uint8Array | null] | undefined;
