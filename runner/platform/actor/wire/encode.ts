import { Pid } from "../pid";
import { DEPTH, DOLLAR, PLAIN_INTEGERS } from "./base";

/** Gives a closure among a call's arguments its number. */
export type Number = (closure: (...args: unknown[]) => unknown) => number;

const { getPrototypeOf, keys, prototype: plain } = Object;
const { isArray } = Array;
const { isView } = ArrayBuffer;
const { stringify } = JSON;

/** What cannot be anything but a mistake on the wire, by what makes it known. */
const unsendable = new WeakMap<object, string>();

/** Objects of this prototype are refused with this reason. */
export function refuse(prototype: object, reason: string): void {
  unsendable.set(prototype, reason);
}

/**
 * The document of a value (docs/wire.md).
 *
 * @throws TypeError if it cannot be sent.
 */
export function encode(value: unknown): string {
  return text(sendable(value, 0, undefined));
}

/** The documents of a call's arguments, as an array. What is undefined at the end is left out. */
export function encodeArguments(args: unknown[], number: Number): string {
  let length = args.length;
  while (length > 0 && args[length - 1] === undefined) {
    length--;
  }
  return text(fromArray(length === args.length ? args : args.slice(0, length), 0, number));
}

function text(value: unknown): string {
  const json = stringify(value) ?? "null";
  // Half of a surrogate pair is no Unicode, and `stringify` writes it as an escape that no reader but JavaScript takes.
  return json.includes("\\ud") ? json.replace(/\\(?:ud[89a-f][0-9a-f]{2}|[^])/g, wellFormed) : json;
}

function wellFormed(escape: string): string {
  return escape.length === 6 && escape.startsWith("\\ud") ? "\ufffd" : escape;
}

/**
 * What `JSON.stringify` makes the document of: the value itself where it is JSON already, which is looked at but not
 * copied, since most are.
 */
function sendable(value: unknown, depth: number, number: Number | undefined): unknown {
  switch (typeof value) {
    case "object":
      return value === null ? null : fromObject(value, depth, number, true);
    case "bigint":
      return integer(value);
    case "function":
      if (number === undefined) {
        throw new TypeError("a function cannot be sent, but as an argument of a call");
      }
      return { $cb: number(value as (...args: unknown[]) => unknown) };
    case "symbol":
      throw new TypeError("a symbol cannot be sent");
    default:
      return value;
  }
}

function integer(value: bigint): unknown {
  if (value <= PLAIN_INTEGERS && value >= -PLAIN_INTEGERS) {
    return globalThis.Number(value);
  }
  if (BigInt.asIntN(64, value) !== value && BigInt.asUintN(64, value) !== value) {
    throw new TypeError(`${value} cannot be sent: an integer has 64 bits at most`);
  }
  return { $i: value.toString() };
}

function fromObject(value: object, depth: number, number: Number | undefined, asks: boolean): unknown {
  if (isArray(value)) {
    return fromArray(value, deeper(depth), number);
  }
  const prototype: unknown = getPrototypeOf(value);
  if (prototype === Pid.prototype) {
    return value; // It writes itself.
  }
  const ofClass = prototype !== plain && prototype !== null;
  if (ofClass) {
    const bytes = bytesOf(value);
    if (bytes !== undefined) {
      return { $b: bytes.toBase64() };
    }
    const reason = unsendable.get(prototype as object);
    if (reason !== undefined) {
      throw new TypeError(reason);
    }
  }
  if (asks) {
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === "function") {
      const json: unknown = toJSON.call(value, "");
      return typeof json === "object" && json !== null
        ? fromObject(json, depth, number, false)
        : sendable(json, depth, number);
    }
  }
  if (ofClass) {
    check(value);
  }
  return fromFields(value as Record<string, unknown>, deeper(depth), number);
}

function deeper(depth: number): number {
  if (depth >= DEPTH) {
    throw new TypeError(`more than ${DEPTH} arrays and objects in each other cannot be sent, nor what contains itself`);
  }
  return depth + 1;
}

function fromArray(value: unknown[], depth: number, number: Number | undefined): unknown[] {
  let copy: unknown[] | undefined;
  for (let i = 0; i < value.length; i++) {
    const item = value[i];
    const sent = sendable(item, depth, number);
    if (sent !== item && item === item) {
      copy ??= value.slice();
      copy[i] = sent;
    }
  }
  return copy ?? value;
}

function fromFields(value: Record<string, unknown>, depth: number, number: Number | undefined): object {
  let copy: Record<string, unknown> | undefined;
  let count = 0;
  let last = "";
  const names = keys(value);
  for (let i = 0; i < names.length; i++) {
    const key = names[i]!;
    const item = value[key];
    if (item === undefined) {
      continue; // It is not written.
    }
    count++;
    last = key;
    const sent = sendable(item, depth, number);
    if (sent !== item && item === item) {
      // Without a prototype, so that no key is special.
      copy ??= Object.assign(Object.create(null) as Record<string, unknown>, value);
      copy[key] = sent;
    }
  }
  const sent = copy ?? value;
  return count === 1 && last.charCodeAt(0) === DOLLAR ? { [`$${last}`]: sent[last] } : sent;
}

function bytesOf(value: object): Uint8Array | undefined {
  if (value instanceof Uint8Array) {
    return value;
  }
  if (value instanceof ArrayBuffer) {
    return new Uint8Array(value);
  }
  if (isView(value)) {
    throw new TypeError("of views of memory only a Uint8Array can be sent: send numbers as an array");
  }
  return undefined;
}

/** Refuses what JSON would make an empty object of without a word. */
function check(value: object): void {
  if (value instanceof Error) {
    throw new TypeError("an error cannot be sent: send its message, or throw it");
  }
  if (Symbol.iterator in value || Symbol.asyncIterator in value || keys(value).length === 0) {
    const name = (value as { constructor?: { name?: unknown } }).constructor?.name;
    throw new TypeError(`an object of the class ${String(name)} cannot be sent: send an array or a plain object of it`);
  }
}
