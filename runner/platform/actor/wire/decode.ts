import { Pid } from "../pid";
import { DEPTH, DOLLAR, PLAIN_INTEGERS } from "./base";

/** Makes a closure of the caller's out of its number. */
export type Closure = (number: number) => (...args: unknown[]) => boolean;

const { keys } = Object;
const { isArray } = Array;
const { parse } = JSON;

/**
 * The value of a document (docs/wire.md).
 *
 * @throws Error, whose message says what is wrong, if it is none.
 */
export function decode(text: string): unknown {
  return received(parse(text) as unknown);
}

/** The value of parsed JSON, which is used up. */
export function received(json: unknown, closure?: Closure): unknown {
  return typeof json === "object" && json !== null ? fromObject(json, 0, closure) : json;
}

function fromObject(json: object, depth: number, closure: Closure | undefined): unknown {
  if (depth >= DEPTH) {
    throw new TypeError(`more than ${DEPTH} arrays and objects stand in each other`);
  }
  if (isArray(json)) {
    for (let i = 0; i < json.length; i++) {
      const item: unknown = json[i];
      if (typeof item === "object" && item !== null) {
        json[i] = fromObject(item, depth + 1, closure);
      }
    }
    return json;
  }
  const fields = json as Record<string, unknown>;
  const names = keys(fields);
  const first = names[0];
  if (names.length === 1 && first !== undefined && first.charCodeAt(0) === DOLLAR) {
    return fromTagged(first, fields[first], depth, closure);
  }
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!;
    const item = fields[name];
    if (typeof item === "object" && item !== null) {
      // An own property of this name is there, so even `__proto__` sets no prototype.
      fields[name] = fromObject(item, depth + 1, closure);
    }
  }
  return json;
}

function fromTagged(tag: string, value: unknown, depth: number, closure: Closure | undefined): unknown {
  if (tag.charCodeAt(1) === DOLLAR) {
    const item = typeof value === "object" && value !== null ? fromObject(value, depth + 1, closure) : value;
    return { [tag.slice(1)]: item };
  }
  switch (tag) {
    case "$pid":
      return Pid.of(decimal(value, 0n, "pid"));
    case "$b":
      return bytes(value);
    case "$i": {
      const integer = decimal(value, -(2n ** 63n), "integer");
      return integer <= PLAIN_INTEGERS && integer >= -PLAIN_INTEGERS ? Number(integer) : integer;
    }
    case "$cb":
      if (closure === undefined) {
        throw new TypeError("a closure stands among a call's arguments and nowhere else");
      }
      if (!isCount(value)) {
        throw new TypeError("a closure has a number");
      }
      return closure(value);
    default:
      throw new TypeError(`\`${tag}\` is no tag that this version knows`);
  }
}

/** Whole numbers as the wire counts by them. */
export function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= Number(PLAIN_INTEGERS);
}

/** Written as the shortest decimal, so that each has one document. */
function decimal(value: unknown, least: bigint, what: string): bigint {
  // The longest has 20 digits, and a text that is much longer would take long to read.
  if (typeof value === "string" && value.length <= 20) {
    let number: bigint | undefined;
    try {
      number = BigInt(value);
    } catch {
      // No number at all.
    }
    if (number !== undefined && number >= least && number < 2n ** 64n && number.toString() === value) {
      return number;
    }
  }
  throw new TypeError(`${shown(value)} is no ${what}: expected a decimal number of 64 bits, as text`);
}

function bytes(value: unknown): Uint8Array {
  if (typeof value === "string") {
    let decoded: Uint8Array | undefined;
    try {
      decoded = Uint8Array.fromBase64(value, { lastChunkHandling: "strict" });
    } catch {
      // No base64.
    }
    // White space between would be read as well.
    if (decoded !== undefined && value.length === 4 * Math.ceil(decoded.length / 3)) {
      return decoded;
    }
  }
  throw new TypeError(`${shown(value)} is no base64 with its padding`);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 60)}...`;
}
