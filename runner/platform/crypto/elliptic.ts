/** ECDSA and ECDH over NIST's curves, Ed25519 and X25519. */

import { domString } from "../web/webidl";
import { type Algorithm, type Parameters, type Reader, hash, host, needType, none, truncate } from "./algorithm";
import { failure, required } from "./idl";
import { type JsonWebKey, checkAlg } from "./jwk";
import { type KeyAlgorithm, type Slots, keyArgument, slotsOf } from "./key";
import type { Bytes, KeyTypeId } from "./native";
import { AGREEING, type Family, SIGNING, importedKey, newPair, readKey, writeKey } from "./pairs";

/** Of each curve the algorithm of RFC 7518 too. */
const CURVES: Record<string, { id: KeyTypeId; alg: string } | undefined> = {
  __proto__: null as never,
  "P-256": { id: 0, alg: "ES256" },
  "P-384": { id: 1, alg: "ES384" },
  "P-521": { id: 2, alg: "ES512" },
};

const curve: Reader = (from, to) => {
  to.namedCurve = domString(required(from.namedCurve, "namedCurve"));
};

function known(parameters: Parameters): { id: KeyTypeId; alg: string } {
  const found = CURVES[parameters.namedCurve!];
  if (found === undefined) throw failure("NotSupportedError", `there is no curve "${parameters.namedCurve}"`);
  return found;
}

function nist(name: "ECDSA" | "ECDH", purpose: typeof SIGNING, operations: Partial<Algorithm>): Algorithm {
  const family: Family = { kty: "EC", ...purpose };
  const algorithmOf = ({ namedCurve }: Parameters): KeyAlgorithm => ({ name, namedCurve: namedCurve! });
  return {
    name,
    ...operations,
    generateKey: [curve, (parameters, extractable, usages) => newPair(family, () => host.generateKey(known(parameters).id), algorithmOf(parameters), extractable, usages)],
    importKey: [curve, (format, data, parameters, extractable, usages) => {
      const { id, alg } = known(parameters);
      const check = (jwk: JsonWebKey) => {
        if (jwk.crv !== parameters.namedCurve) throw failure("DataError", `the key's crv is not "${parameters.namedCurve}"`);
        if (name === "ECDSA") checkAlg(jwk, alg);
      };
      const key = readKey(family, id, format, data, extractable, usages, check);
      return importedKey(family, key, algorithmOf(parameters), extractable, usages);
    }],
    exportKey: [none, (format, key) => writeKey(family, format, key, { crv: key.algorithm.namedCurve! })],
  };
}

function edwardsOrMontgomery(name: "Ed25519" | "X25519", id: KeyTypeId, purpose: typeof SIGNING, head: JsonWebKey, operations: Partial<Algorithm>): Algorithm {
  const family: Family = { kty: "OKP", ...purpose };
  return {
    name,
    ...operations,
    generateKey: [none, (_, extractable, usages) => newPair(family, () => host.generateKey(id), { name }, extractable, usages)],
    importKey: [none, (format, data, _, extractable, usages) => {
      const check = (jwk: JsonWebKey) => {
        if (jwk.crv !== name) throw failure("DataError", `the key's crv is not "${name}"`);
        // RFC 8037 says EdDSA, RFC 9864 the curve.
        if (name === "Ed25519") checkAlg(jwk, "Ed25519", "EdDSA");
      };
      const key = readKey(family, id, format, data, extractable, usages, check);
      return importedKey(family, key, { name }, extractable, usages);
    }],
    exportKey: [none, (format, key) => writeKey(family, format, key, head)],
  };
}

const peer: Reader = (from, to) => {
  to.public = keyArgument(required(from.public, "public"));
};

function agree(parameters: Parameters, key: Slots, length: number | null): Bytes {
  const other = slotsOf(parameters.public!);
  needType(key, "private");
  needType(other, "public");
  if (other.algorithm.name !== key.algorithm.name) throw failure("InvalidAccessError", "the public key is of another algorithm");
  if (other.algorithm.namedCurve !== key.algorithm.namedCurve) throw failure("InvalidAccessError", "the public key is of another curve");
  const secret = host.agree(key.bytes, other.bytes);
  if (length === null) return secret;
  if (length > secret.length * 8) throw failure("OperationError", `the secret has ${secret.length * 8} bits`);
  return truncate(secret, length);
}

export const elliptic: Algorithm[] = [
  nist("ECDSA", SIGNING, {
    sign: [hash, ({ hash }, key, data) => {
      needType(key, "private");
      return host.sign(1, hash!.id, 0, key.bytes, data);
    }],
    verify: [hash, ({ hash }, key, signature, data) => {
      needType(key, "public");
      return host.verify(1, hash!.id, 0, key.bytes, signature, data);
    }],
  }),
  nist("ECDH", AGREEING, { deriveBits: [peer, agree] }),
  edwardsOrMontgomery("Ed25519", 3, SIGNING, { alg: "Ed25519", crv: "Ed25519" }, {
    sign: [none, (_, key, data) => {
      needType(key, "private");
      return host.sign(2, 0, 0, key.bytes, data);
    }],
    verify: [none, (_, key, signature, data) => {
      needType(key, "public");
      return host.verify(2, 0, 0, key.bytes, signature, data);
    }],
  }),
  edwardsOrMontgomery("X25519", 4, AGREEING, { crv: "X25519" }, { deriveBits: [peer, agree] }),
];
