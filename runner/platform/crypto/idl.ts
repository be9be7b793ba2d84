/** The conversions of Web IDL that the arguments here need beyond those of the web platform, and the errors of the specification. */

import { DOMException } from "../web/exception";
import { isArrayBuffer } from "../web/webidl";
import type { Bytes } from "./native";

type ErrorName = "DataError" | "InvalidAccessError" | "NotSupportedError" | "OperationError" | "SyntaxError";
export type BufferSource = ArrayBuffer | ArrayBufferView<ArrayBuffer>;

/** A DOMException, to be thrown. */
export function failure(name: ErrorName, message: string): Error {
  return new DOMException(message, name);
}

const { isView } = ArrayBuffer;

/** Whether it is a BufferSource, shared or not. */
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
  const buffer = isView(source) ? source.buffer : source;
  if (buffer.detached) return new Uint8Array();
  return isView(source) ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength) : new Uint8Array(source);
}

/** The bytes as they are now, for later. */
export function copy(value: unknown, name: string): Bytes {
  return new Uint8Array(view(bufferSource(value, name)));
}

/** A member that a dictionary has to have. Members are read once: a getter may stand behind them. */
export function required(value: unknown, name: string): unknown {
  if (value === undefined) throw new TypeError(`${name} is missing`);
  return value;
}

/** An integer with [EnforceRange]. */
export function integer(value: unknown, max: number, name: string): number {
  const number = Math.trunc(Number(required(value, name)));
  if (!(number >= 0 && number <= max)) throw new TypeError(`${name} is no integer from 0 to ${max}`);
  return number + 0;
}

export const OCTET = 0xff;
export const SHORT = 0xffff;
export const LONG = 0xffff_ffff;

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
