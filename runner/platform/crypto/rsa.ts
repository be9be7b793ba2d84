/** RSASSA-PKCS1-v1_5 and RSA-PSS. */

import { type Algorithm, type Hash, type Parameters, type Reader, all, hash, hashOf, host, needType, none, number } from "./algorithm";
import { LONG, failure } from "./idl";
import { type JsonWebKey, checkAlg } from "./jwk";
import type { KeyAlgorithm } from "./key";
import type { Bytes, SchemeId } from "./native";
import { type Family, SIGNING, importedKey, newPair, readKey, writeKey } from "./pairs";

const TYPE = 5;
const family: Family = { kty: "RSA", ...SIGNING };

const exponent: Reader = (from, to) => {
  const value = from.publicExponent;
  if (!(value instanceof Uint8Array)) throw new TypeError("publicExponent is no Uint8Array");
  to.publicExponent = value.slice() as Bytes;
};

/** What a key shows of its modulus and exponent. */
function algorithmOf(name: string, hash: Hash, der: Bytes): KeyAlgorithm {
  const [modulus, publicExponent] = host.splitKey(der) as [Bytes, Bytes];
  // It has no leading zeros, neither bytes nor, but for these, bits.
  const modulusLength = modulus.length * 8 - Math.clz32(modulus[0]!) + 24;
  return { name, modulusLength, publicExponent, hash: { name: hash.name } };
}

/** RFC 7518 has no name for SHA-1, but the specification has. */
function algName(prefix: "RS" | "PS", hash: Hash): string {
  return prefix + hash.name.slice(4);
}

function rsa(name: string, prefix: "RS" | "PS", scheme: SchemeId, parameters: Reader, salt: (parameters: Parameters) => number): Algorithm {
  return {
    name,
    sign: [parameters, (given, key, data) => {
      needType(key, "private");
      return host.sign(scheme, hashOf(key.algorithm).id, salt(given), key.bytes, data);
    }],
    verify: [parameters, (given, key, signature, data) => {
      needType(key, "public");
      return host.verify(scheme, hashOf(key.algorithm).id, salt(given), key.bytes, signature, data);
    }],
    generateKey: [all(hash, number("modulusLength", LONG), exponent), ({ hash, modulusLength, publicExponent }, extractable, usages) => {
      const algorithm = { name, modulusLength: modulusLength!, publicExponent: publicExponent!, hash: { name: hash!.name } };
      return newPair(family, () => host.generateRsaKey(modulusLength!, publicExponent!), algorithm, extractable, usages);
    }],
    importKey: [hash, (format, data, { hash }, extractable, usages) => {
      const check = (jwk: JsonWebKey) => {
        checkAlg(jwk, algName(prefix, hash!));
        if (jwk.oth !== undefined) throw failure("NotSupportedError", "RSA keys of more than two primes are not supported");
      };
      const key = readKey(family, TYPE, format, data, extractable, usages, check);
      return importedKey(family, key, algorithmOf(name, hash!, key[1]), extractable, usages);
    }],
    exportKey: [none, (format, key) => writeKey(family, format, key, { alg: algName(prefix, hashOf(key.algorithm)) })],
  };
}

export const rsaAlgorithms: Algorithm[] = [
  rsa("RSASSA-PKCS1-v1_5", "RS", 3, none, () => 0),
  rsa("RSA-PSS", "PS", 4, number("saltLength", LONG), ({ saltLength }) => saltLength!),
];
