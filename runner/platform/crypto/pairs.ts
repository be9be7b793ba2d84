/** What the algorithms with pairs of keys have in common: their keys' formats. */

import { type KeyFormat, checkUsages, host, notSupported } from "./algorithm";
import { failure } from "./idl";
import { type JsonWebKey, type Member, checkJwk, encode, memberOf } from "./jwk";
import { type CryptoKey, type KeyAlgorithm, type KeyPair, type KeyUsage, type Slots, makeKey, usagesAmong } from "./key";
import type { Bytes, EncodingId, KeyTypeId } from "./native";

/** A family of keys. */
export interface Family {
  /** `kty` of its JSON Web Keys, and what `use` says of them. */
  kty: "EC" | "OKP" | "RSA";
  use: "sig" | "enc";
  /** What each half is for. */
  private: KeyUsage[];
  public: KeyUsage[];
}

export const SIGNING: Pick<Family, "use" | "private" | "public"> = { use: "sig", private: ["sign"], public: ["verify"] };
export const AGREEING: Pick<Family, "use" | "private" | "public"> = { use: "enc", private: ["deriveKey", "deriveBits"], public: [] };

const MEMBERS: Record<Family["kty"], { public: Member[]; private: Member[] }> = {
  EC: { public: ["x", "y"], private: ["x", "y", "d"] },
  OKP: { public: ["x"], private: ["x", "d"] },
  RSA: { public: ["n", "e"], private: ["n", "e", "d", "p", "q", "dp", "dq", "qi"] },
};
const ENCODINGS: Record<"raw" | "spki" | "pkcs8", EncodingId> = { raw: 0, spki: 1, pkcs8: 2 };

/** A key and which half of a pair it is. */
export type Half = [type: "private" | "public", der: Bytes];

/** Reads a key in any format. `check` is for what a JSON Web Key says beyond what all say. */
export function readKey(family: Family, type: KeyTypeId, format: KeyFormat, data: Uint8Array | JsonWebKey, extractable: boolean, usages: KeyUsage[], check: (jwk: JsonWebKey) => void): Half {
  if (format === "jwk") {
    const jwk = data as JsonWebKey;
    const half = jwk.d === undefined ? "public" : "private";
    checkUsages(usages, ...family[half]);
    checkJwk(jwk, family.kty, family.use, extractable, usages);
    check(jwk);
    return [half, host.joinKey(type, MEMBERS[family.kty][half].map((member) => memberOf(jwk, member)))];
  }
  if (format === "raw" && family.kty === "RSA") throw notSupported(format);
  const half = format === "pkcs8" ? "private" : "public";
  checkUsages(usages, ...family[half]);
  return [half, host.readKey(type, ENCODINGS[format], data as Uint8Array)];
}

/** `head` has what the algorithm says in a JSON Web Key. */
export function writeKey(family: Family, format: KeyFormat, key: Slots, head: JsonWebKey): Bytes | JsonWebKey {
  if (format === "jwk") {
    const members: JsonWebKey = { ...head, ext: key.extractable, key_ops: [...key.usages], kty: family.kty };
    const names = MEMBERS[family.kty][key.type as "private" | "public"];
    host.splitKey(key.bytes).forEach((part, index) => {
      members[names[index]!] = encode(part);
    });
    return inOrder(members);
  }
  if (format === "raw" && family.kty === "RSA") throw notSupported(format);
  if (key.type !== (format === "pkcs8" ? "private" : "public")) {
    throw failure("InvalidAccessError", `a ${key.type} key has no format "${format}"`);
  }
  return format === "raw" ? raw(family, key) : key.bytes.slice() as Bytes;
}

function raw(family: Family, key: Slots): Bytes {
  const parts = host.splitKey(key.bytes);
  if (family.kty === "OKP") return parts[0]!;
  const [x, y] = parts as [Bytes, Bytes];
  const point = new Uint8Array(1 + x.length + y.length);
  point[0] = 4;
  point.set(x, 1);
  point.set(y, 1 + x.length);
  return point;
}

/** As Web IDL makes an object of a dictionary: by name. */
function inOrder(jwk: JsonWebKey): JsonWebKey {
  return Object.fromEntries(Object.entries(jwk).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function importedKey(family: Family, [type, bytes]: Half, algorithm: KeyAlgorithm, extractable: boolean, usages: KeyUsage[]): CryptoKey {
  return makeKey({ type, extractable, algorithm, usages: usagesAmong(usages, family[type]), bytes });
}

/** The pair that `generateKey` returns. Public keys may always be exported. */
export function newPair(family: Family, make: () => [privateKey: Bytes, publicKey: Bytes], algorithm: KeyAlgorithm, extractable: boolean, usages: KeyUsage[]): KeyPair {
  checkUsages(usages, ...family.private, ...family.public);
  const [privateKey, publicKey] = make();
  return {
    privateKey: importedKey(family, ["private", privateKey], algorithm, extractable, usages),
    publicKey: importedKey(family, ["public", publicKey], algorithm, true, usages),
  };
}
