/** The conversions of Web IDL that the arguments here need, and the errors of the specification. */

import type { Bytes } from "./native";

type ErrorName = "DataError" | "InvalidAccessError" | "NotSupportedError" | "OperationError" | "SyntaxError";

const Exception = (globalThis as unknown as { DOMException: new (message: string, name: string) => Error }).DOMException;

/** A DOMException, to be thrown. */
export function failure(name: ErrorName, message: string): Error {
  return new Exception(message, name);
}

export function needArguments(given: number, needed: number, name: string): void {
  if (given < needed) throw new TypeError(`${name} needs ${needed} arguments, got ${given}`);
}

const lengthOf = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, "byteLength")!.get!;
const { isView } = ArrayBuffer;

function isArrayBuffer(value: unknown): value is ArrayBuffer {
  if (typeof value !== "object" || value === null) return false;
  try {
    lengthOf.call(value);
    return true;
  } catch {
    return false;
  }
}

/** Whether it is a BufferSource. */
export function isBufferSource(value: unknown): value is BufferSource {
  return isView(value) || isArrayBuffer(value);
}

/** A BufferSource, whose bytes may be read later; memory that is shared is none. */
export function bufferSource(value: unknown, name: string): BufferSource {
  if (!isBufferSource(value) || (isView(value) && !isArrayBuffer(value.buffer))) {
    throw new TypeError(`${name} is no ArrayBuffer and no view of one`);
  }
  return value;
}

/** The bytes as they are now, not copied; none if the buffer was transferred. */
export function view(source: BufferSource): Uint8Array {
  if (isView(source)) {
    return source.buffer.detached ? new Uint8Array() : new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  }
  return source.detached ? new Uint8Array() : new Uint8Array(source);
}

/** The bytes as they are now, for later. */
export function copy(value: unknown, name: string): Bytes {
  return new Uint8Array(view(bufferSource(value, name)));
}

export function required(value: unknown, name: string): void {
  if (value === undefined) throw new TypeError(`${name} is missing`);
}

/** An integer with [EnforceRange]. */
export function integer(value: unknown, max: number, name: string): number {
  required(value, name);
  const number = Math.trunc(Number(value));
  if (!(number >= 0 && number <= max)) throw new TypeError(`${name} is no integer from 0 to ${max}`);
  return number + 0;
}

export const OCTET = 0xff;
export const SHORT = 0xffff;
export const LONG = 0xffff_ffff;

/** A DOMString; symbols throw. */
export function text(value: unknown): string {
  return typeof value === "string" ? value : `${value as string}`;
}

/** The items of a `sequence`. */
export function sequence(value: unknown, name: string): unknown[] {
  const iterator = typeof value === "object" && value !== null ? (value as Iterable<unknown>)[Symbol.iterator] : undefined;
  if (typeof iterator !== "function") throw new TypeError(`${name} is no list`);
  return [...(value as Iterable<unknown>)];
}

/** The bytes as an ArrayBuffer of their own, as results are. */
export function buffer(bytes: Uint8Array): ArrayBuffer {
  const whole = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength;
  return (whole ? bytes.buffer : bytes.slice().buffer) as ArrayBuffer;
}

export type BufferSource = ArrayBuffer | ArrayBufferView<ArrayBuffer>;
