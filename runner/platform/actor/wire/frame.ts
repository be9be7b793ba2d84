import { encode } from "./encode";
import { isCount } from "./decode";

/** What a message between services says. Values in it are still JSON; see `received`. */
export type Frame =
  | { is: "call"; op: string; args: unknown[]; ref: number | undefined; stream: boolean }
  | { is: "ok" | "item"; ref: number; value: unknown }
  | { is: "err"; ref: number; message: string; code: string | undefined }
  | { is: "end"; ref: number }
  | { is: "cancel"; ref: number }
  | { is: "credit"; ref: number; items: number }
  | { is: "cb"; number: number; args: unknown[] }
  /** It has a frame's words and is none. */
  | { is: "malformed"; reason: string }
  /** Ordinary mail that is JSON. */
  | { is: "other"; json: unknown };

const { keys } = Object;
const { isArray } = Array;

/** Words of which a frame has exactly one. */
const VERBS = new Set(["op", "ok", "err", "item", "end", "credit", "cancel", "cb"]);

/** Reads a message; undefined if it is no JSON object. */
export function parseFrame(text: string): Frame | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof json !== "object" || json === null || isArray(json)) {
    return { is: "other", json };
  }
  return frameOf(json as Record<string, unknown>);
}

function frameOf(json: Record<string, unknown>): Frame {
  let verb = "";
  let said: unknown;
  let verbs = 0;
  let args: unknown;
  let ref: unknown;
  let refThere = false;
  let stream: unknown = false;
  // By its own keys alone: what a bundle does to `Object.prototype` is no word of another process's.
  const words = keys(json);
  for (let i = 0; i < words.length; i++) {
    const key = words[i]!;
    const value = json[key];
    if (key === "args") {
      args = value;
    } else if (key === "ref") {
      ref = value;
      refThere = true;
    } else if (VERBS.has(key)) {
      verb = key;
      said = value;
      verbs++;
    } else if (key === "stream") {
      stream = value;
    }
  }
  if (verbs === 0) {
    return { is: "other", json };
  }
  if (verbs > 1) {
    return malformed("it says more than one thing at once");
  }
  if (verb === "op" || verb === "cb") {
    if (!isArray(args)) {
      return malformed(args === undefined ? "it has no `args`" : "`args` is an array");
    }
    if (verb === "cb") {
      return isCount(said) ? { is: "cb", number: said, args } : malformed("`cb` is a number");
    }
    if (typeof said !== "string") {
      return malformed("`op` is a string");
    }
    if (refThere && !isCount(ref)) {
      return malformed("`ref` is a number");
    }
    if (typeof stream !== "boolean") {
      return malformed("`stream` is true or false");
    }
    return { is: "call", op: said, args, ref: ref as number | undefined, stream };
  }
  // Without a reference it need not be meant as a frame.
  if (!refThere) {
    return { is: "other", json };
  }
  return isCount(ref) ? about(ref, verb, said) : malformed("`ref` is a number");
}

function about(ref: number, verb: string, said: unknown): Frame {
  switch (verb) {
    case "ok":
    case "item":
      return { is: verb, ref, value: said };
    case "err":
      return error(ref, said);
    case "credit":
      return isCount(said) && said < 2 ** 32
        ? { is: "credit", ref, items: said }
        : malformed("`credit` is a number of items");
    default:
      return said === true ? { is: verb as "end" | "cancel", ref } : malformed(`\`${verb}\` is true where it stands`);
  }
}

function error(ref: number, said: unknown): Frame {
  if (typeof said === "object" && said !== null && !isArray(said)) {
    const { message, code } = { message: undefined, code: undefined, ...said } as Record<string, unknown>;
    if (typeof message === "string" && (code === undefined || code === null || typeof code === "string")) {
      return { is: "err", ref, message, code: code ?? undefined };
    }
  }
  return malformed("`err` is an object with a `message`");
}

function malformed(reason: string): Frame {
  return { is: "malformed", reason };
}

// Documents of frames. `op` and the values are documents already.

export function callFrame(op: string, args: string, ref: number | undefined, stream: boolean): string {
  const to = ref === undefined ? "" : `,"ref":${ref}`;
  return `{"op":${op},"args":${args}${to}${stream ? ',"stream":true}' : "}"}`;
}

export function valueFrame(ref: number, word: "ok" | "item", value: string): string {
  return `{"ref":${ref},"${word}":${value}}`;
}

export function errorFrame(ref: number, message: string, code: string | undefined): string {
  return `{"ref":${ref},"err":${encode({ message, code })}}`;
}

export function endFrame(ref: number): string {
  return `{"ref":${ref},"end":true}`;
}

export function creditFrame(ref: number, items: number): string {
  return `{"ref":${ref},"credit":${items}}`;
}

export function cancelFrame(ref: number): string {
  return `{"ref":${ref},"cancel":true}`;
}

export function invocationFrame(closure: number, args: string): string {
  return `{"cb":${closure},"args":${args}}`;
}
