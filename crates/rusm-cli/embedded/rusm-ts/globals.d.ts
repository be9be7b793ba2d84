// What the runner adds to the web platform's globals.

/** The node's durable store; the `kv` of `rusm-ts`. */
declare var kv: import("./index.js").Kv;

/** What is there of Node's `process`. */
declare var process: {
  /** The environment variables that the profile's `env` names. Read at the start of each process. */
  readonly env: Readonly<Record<string, string | undefined>>;
};
