/** JSON Web Keys (RFC 7517), as the specification reads and writes them. */

import { domString } from "../web/webidl";
import { failure, sequence } from "./idl";
import type { KeyUsage } from "./key";
import type { Bytes } from "./native";

export interface JsonWebKey {
  alg?: string;
  crv?: string;
  d?: string;
  dp?: string;
  dq?: string;
  e?: string;
  ext?: boolean;
  k?: string;
  key_ops?: string[];
  kty?: string;
  n?: string;
  oth?: unknown[];
  p?: string;
  q?: string;
  qi?: string;
  use?: string;
  x?: string;
  y?: string;
}

export type Member = "d" | "dp" | "dq" | "e" | "k" | "n" | "p" | "q" | "qi" | "x" | "y";

/** Web IDL reads the members of a dictionary in this order. */
const MEMBERS = ["alg", "crv", "d", "dp", "dq", "e", "ext", "k", "key_ops", "kty", "n", "oth", "p", "q", "qi", "use", "x", "y"] as const;

/** The dictionary that an object is. */
export function jsonWebKey(value: object): JsonWebKey {
  const source = value as Record<string, unknown>;
  const jwk: Record<string, unknown> = {};
  for (const member of MEMBERS) {
    const found = source[member];
    if (found === undefined) continue;
    if (member === "ext") jwk[member] = Boolean(found);
    else if (member === "oth") jwk[member] = sequence(found, member);
    else if (member === "key_ops") jwk[member] = sequence(found, member).map(domString);
    else jwk[member] = domString(found);
  }
  return jwk as JsonWebKey;
}

/** Checks what is common to all: the type, what the key is for, and whether it may be exported. */
export function checkJwk(jwk: JsonWebKey, type: string, use: string, extractable: boolean, usages: KeyUsage[]): void {
  if (jwk.kty !== type) throw failure("DataError", `the key's kty is not "${type}"`);
  if (usages.length > 0 && jwk.use !== undefined && jwk.use !== use) throw failure("DataError", `the key's use is not "${use}"`);
  const operations = jwk.key_ops;
  if (operations !== undefined) {
    if (new Set(operations).size < operations.length) throw failure("DataError", "the key's key_ops name one twice");
    if (!usages.every((usage) => operations.includes(usage))) throw failure("DataError", "the key's key_ops do not allow the usages");
  }
  if (jwk.ext === false && extractable) throw failure("DataError", "the key's ext does not allow that it is extractable");
}

/** An algorithm, if the key names one, is this. */
export function checkAlg(jwk: JsonWebKey, ...allowed: string[]): void {
  if (jwk.alg !== undefined && !allowed.includes(jwk.alg)) throw failure("DataError", `the key's alg is not "${allowed[0]}"`);
}

/** The number or the secret that a member is. */
export function memberOf(jwk: JsonWebKey, name: Member): Bytes {
  const value = jwk[name];
  if (value === undefined) throw failure("DataError", `the key has no ${name}`);
  return decode(value, name);
}

const ALPHABET = { alphabet: "base64url", omitPadding: true } as const;

function decode(digits: string, name: string): Bytes {
  // White space and padding, which the engine would take.
  if (!/[^\w-]/.test(digits)) {
    try {
      return Uint8Array.fromBase64(digits, ALPHABET);
    } catch {
      // Said below.
    }
  }
  throw failure("DataError", `the key's ${name} is not base64url without padding`);
}

export function encode(bytes: Uint8Array): string {
  return bytes.toBase64(ALPHABET);
}
