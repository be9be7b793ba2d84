/** What an algorithm is to `crypto.subtle`, and how its parameters are read. */

import { refuseWhileImaging } from "../web/host";
import { domString } from "../web/webidl";
import { copy, failure, integer, required } from "./idl";
import type { CryptoKey, KeyAlgorithm, KeyPair, KeyUsage, Slots } from "./key";
import type { JsonWebKey } from "./jwk";
import type { Bytes, CryptoNative, HashId } from "./native";

export type Operation = Exclude<keyof Algorithm, "name">;
export type KeyFormat = "raw" | "spki" | "pkcs8" | "jwk";

/** The dictionary that a caller passed, after normalization: the members that its algorithm takes. */
export interface Parameters {
  name: string;
  hash?: Hash;
  length?: number | undefined;
  namedCurve?: string;
  modulusLength?: number;
  publicExponent?: Bytes;
  iv?: Bytes;
  additionalData?: Bytes | undefined;
  tagLength?: number;
  salt?: Bytes;
  saltLength?: number;
  info?: Bytes;
  iterations?: number;
  public?: CryptoKey;
}

export interface Hash {
  name: string;
  id: HashId;
  /** Of its blocks, in bits. */
  block: number;
}

/** Reads the members that an operation takes into `to`. */
export type Reader = (from: Record<string, unknown>, to: Parameters) => void;
/** For an operation without parameters. */
export const none: Reader = () => {};

/** What an algorithm can do: the reader of its parameters, and the function. */
export interface Algorithm {
  name: string;
  digest?: [Reader, (data: Uint8Array) => Bytes];
  encrypt?: [Reader, Cipher];
  decrypt?: [Reader, Cipher];
  sign?: [Reader, (parameters: Parameters, key: Slots, data: Uint8Array) => Bytes];
  verify?: [Reader, (parameters: Parameters, key: Slots, signature: Uint8Array, data: Uint8Array) => boolean];
  wrapKey?: [Reader, Cipher];
  unwrapKey?: [Reader, Cipher];
  /** `length` is in bits. */
  deriveBits?: [Reader, (parameters: Parameters, key: Slots, length: number | null) => Bytes];
  generateKey?: [Reader, (parameters: Parameters, extractable: boolean, usages: KeyUsage[]) => CryptoKey | KeyPair];
  importKey?: [Reader, Importer];
  exportKey?: [Reader, (format: KeyFormat, key: Slots) => Bytes | JsonWebKey];
  /** In bits; null for an algorithm whose keys have any length. */
  getKeyLength?: [Reader, (parameters: Parameters) => number | null];
}

export type Cipher = (parameters: Parameters, key: Slots, data: Uint8Array) => Bytes;
type Importer = (format: KeyFormat, data: Uint8Array | JsonWebKey, parameters: Parameters, extractable: boolean, usages: KeyUsage[]) => CryptoKey;

/** The host's functions, whose errors are DOMExceptions here. There is no host yet while a bundle is evaluated. */
export let host: CryptoNative;

export function setHost(native: CryptoNative): void {
  const guarded: Record<string, unknown> = {};
  for (const [name, call] of Object.entries(native) as [string, (...values: unknown[]) => unknown][]) {
    guarded[name] = (...values: unknown[]) => {
      refuseWhileImaging("crypto.subtle");
      try {
        return call(...values);
      } catch (error) {
        throw asException(error);
      }
    };
  }
  host = guarded as unknown as CryptoNative;
}

function asException(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  switch (error.name) {
    case "DataError":
    case "OperationError":
    case "NotSupportedError":
      return failure(error.name, error.message);
    default:
      return error;
  }
}

const HASHES: readonly Hash[] = [
  { name: "SHA-1", id: 0, block: 512 },
  { name: "SHA-256", id: 1, block: 512 },
  { name: "SHA-384", id: 2, block: 1024 },
  { name: "SHA-512", id: 3, block: 1024 },
];

export const hashes: Algorithm[] = HASHES.map(({ name, id }) => ({ name, digest: [none, (data) => host.digest(id, data)] }));

/** The one that a key was made with. */
export function hashOf(algorithm: KeyAlgorithm): Hash {
  return HASHES.find(({ name }) => name === algorithm.hash!.name)!;
}

const byName = new Map<string, Algorithm>();

export function register(algorithms: Algorithm[]): void {
  for (const algorithm of algorithms) byName.set(algorithm.name.toUpperCase(), algorithm);
}

/** "Normalizing an algorithm": its name as it is spelt, and the members that the operation takes. */
export function normalize(operation: Operation, value: unknown): [algorithm: Algorithm, parameters: Parameters] {
  const given = dictionary(value);
  const name = domString(required(given.name, "the algorithm's name"));
  // Names are compared as ASCII alone, which no other letter becomes by this.
  const algorithm = /^[\x20-\x7e]*$/.test(name) ? byName.get(name.toUpperCase()) : undefined;
  const entry = algorithm?.[operation];
  if (algorithm === undefined || entry === undefined) throw failure("NotSupportedError", `${verb(operation)} with "${name}" is not supported`);
  const parameters: Parameters = { name: algorithm.name };
  entry[0](given, parameters);
  return [algorithm, parameters];
}

function dictionary(value: unknown): Record<string, unknown> {
  if ((typeof value === "object" && value !== null) || typeof value === "function") return value as Record<string, unknown>;
  return { name: domString(value) };
}

function verb(operation: Operation): string {
  return operation.replace(/[A-Z].*/, (rest) => ` ${rest.toLowerCase()}`);
}

// --- Readers of members ---

export const hash: Reader = (from, to) => {
  const { name } = normalize("digest", required(from.hash, "hash"))[1];
  to.hash = HASHES.find((known) => known.name === name)!;
};

export function bytes(member: "iv" | "salt" | "info"): Reader {
  return (from, to) => {
    to[member] = copy(required(from[member], member), member);
  };
}

export function number(member: "length" | "modulusLength" | "saltLength" | "iterations" | "tagLength", max: number, optional = false): Reader {
  return (from, to) => {
    const value = from[member];
    if (!optional || value !== undefined) to[member] = integer(value, max, member);
  };
}

/** Several, in the order in which Web IDL reads them: by name. */
export function all(...readers: Reader[]): Reader {
  return (from, to) => {
    for (const read of readers) read(from, to);
  };
}

/** Refuses usages that the algorithm does not have. */
export function checkUsages(usages: KeyUsage[], ...possible: KeyUsage[]): void {
  for (const usage of usages) {
    if (!possible.includes(usage)) throw failure("SyntaxError", `a key of this algorithm and type is not for "${usage}"`);
  }
}

export function notSupported(format: string): Error {
  return failure("NotSupportedError", `keys of this algorithm have no format "${format}"`);
}

/** So many bits of a secret, from the left; what the last byte has beyond them is zero. */
export function truncate(secret: Bytes, length: number): Bytes {
  const result = secret.slice(0, Math.ceil(length / 8));
  if (length % 8 > 0) result[result.length - 1]! &= 0xff << (8 - (length % 8));
  return result;
}

/** A key has to be of this type for what is asked of it. */
export function needType(key: Slots, type: Slots["type"]): void {
  if (key.type !== type) throw failure("InvalidAccessError", `this takes a ${type} key`);
}
