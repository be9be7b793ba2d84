/** AES and HMAC: keys that are bytes. */

import { native } from "../web/host";
import { type Algorithm, type Hash, type KeyFormat, type Parameters, all, bytes, checkUsages, hash, hashOf, host, none, notSupported, number, truncate } from "./algorithm";
import { LONG, OCTET, SHORT, copy, failure, required } from "./idl";
import { type JsonWebKey, checkAlg, checkJwk, encode, memberOf } from "./jwk";
import { type CryptoKey, type KeyAlgorithm, type KeyUsage, type Slots, makeKey, usagesAmong } from "./key";
import type { Bytes, CipherId } from "./native";

const NO_BYTES = new Uint8Array();

function exportSecret(format: KeyFormat, key: Slots, alg: string): Bytes | JsonWebKey {
  if (format === "raw") return key.bytes.slice();
  if (format !== "jwk") throw notSupported(format);
  return { alg, ext: key.extractable, k: encode(key.bytes), key_ops: [...key.usages], kty: "oct" };
}

function secretKey(algorithm: KeyAlgorithm, bytes: Uint8Array, extractable: boolean, usages: KeyUsage[]): CryptoKey {
  return makeKey({ type: "secret", extractable, algorithm, usages: usagesAmong(usages), bytes });
}

// --- AES ---

function aes(mode: "GCM" | "CBC" | "CTR" | "KW", operations: Partial<Algorithm>, ...possible: KeyUsage[]): Algorithm {
  const name = `AES-${mode}`;
  const length = number("length", SHORT);
  const alg = (bits: number) => `A${bits}${mode}`;
  const checked = (parameters: Parameters) => {
    if (!isLength(parameters.length!)) throw failure("OperationError", "an AES key has 128, 192 or 256 bits");
    return parameters.length!;
  };
  return {
    name,
    ...operations,
    generateKey: [length, (parameters, extractable, usages) => {
      checkUsages(usages, ...possible);
      const bytes = new Uint8Array(checked(parameters) / 8);
      native.random(bytes);
      return secretKey({ name, length: parameters.length! }, bytes, extractable, usages);
    }],
    importKey: [none, (format, data, _, extractable, usages) => {
      if (format !== "raw" && format !== "jwk") throw notSupported(format);
      checkUsages(usages, ...possible);
      let secret: Uint8Array;
      if (format === "raw") {
        secret = (data as Uint8Array).slice();
      } else {
        const jwk = data as JsonWebKey;
        if (jwk.kty !== "oct") throw failure("DataError", 'the key\'s kty is not "oct"');
        secret = memberOf(jwk, "k");
        if (isLength(secret.length * 8)) checkAlg(jwk, alg(secret.length * 8));
        checkJwk(jwk, "oct", "enc", extractable, usages);
      }
      if (!isLength(secret.length * 8)) throw failure("DataError", "an AES key has 128, 192 or 256 bits");
      return secretKey({ name, length: secret.length * 8 }, secret, extractable, usages);
    }],
    exportKey: [none, (format, key) => exportSecret(format, key, alg(key.algorithm.length!))],
    getKeyLength: [length, checked],
  };
}

function isLength(bits: number): boolean {
  return bits === 128 || bits === 192 || bits === 256;
}

function gcm(operation: "encrypt" | "decrypt") {
  return ({ iv, additionalData, tagLength = 128 }: Parameters, key: Slots, data: Uint8Array) => {
    // More is no octet to the host, and it refuses every other length itself.
    return host[operation](0, key.bytes, data, iv!, additionalData ?? NO_BYTES, tagLength);
  };
}

function cipher(operation: "encrypt" | "decrypt", id: CipherId) {
  return ({ iv, length = 0 }: Parameters, key: Slots, data: Uint8Array) => host[operation](id, key.bytes, data, iv ?? NO_BYTES, NO_BYTES, length);
}

const gcmParameters = all(
  (from, to) => {
    const { additionalData } = from;
    if (additionalData !== undefined) to.additionalData = copy(additionalData, "additionalData");
  },
  bytes("iv"),
  number("tagLength", OCTET, true),
);
const cbcParameters = bytes("iv");
const ctrParameters = all(
  (from, to) => {
    to.iv = copy(required(from.counter, "counter"), "counter");
  },
  number("length", OCTET),
);

// --- HMAC ---

const HMAC_ALGS = ["HS1", "HS256", "HS384", "HS512"];
const hmacParameters = all(hash, number("length", LONG, true));

function hmacLength({ hash, length }: Parameters): number {
  if (length === 0) throw failure("OperationError", "an HMAC key has at least one bit");
  return length ?? hash!.block;
}

function hmacKey(hash: Hash, length: number, bytes: Uint8Array, extractable: boolean, usages: KeyUsage[]): CryptoKey {
  return secretKey({ name: "HMAC", hash: { name: hash.name }, length }, bytes, extractable, usages);
}

/** A key may have more bits than bytes can say; nobody has so much memory for one. */
function randomKey(length: number): Bytes {
  if (length > 1 << 20) throw failure("OperationError", "an HMAC key is made with at most 1,048,576 bits");
  const bytes = new Uint8Array(Math.ceil(length / 8));
  native.random(bytes);
  return truncate(bytes, length);
}

const hmac: Algorithm = {
  name: "HMAC",
  sign: [none, (_, key, data) => host.sign(0, hashOf(key.algorithm).id, 0, key.bytes, data)],
  verify: [none, (_, key, signature, data) => host.verify(0, hashOf(key.algorithm).id, 0, key.bytes, signature, data)],
  generateKey: [hmacParameters, (parameters, extractable, usages) => {
    checkUsages(usages, "sign", "verify");
    const length = hmacLength(parameters);
    return hmacKey(parameters.hash!, length, randomKey(length), extractable, usages);
  }],
  importKey: [hmacParameters, (format, data, parameters, extractable, usages) => {
    checkUsages(usages, "sign", "verify");
    let secret: Bytes;
    if (format === "raw") {
      secret = (data as Bytes).slice();
    } else if (format === "jwk") {
      const jwk = data as JsonWebKey;
      if (jwk.kty !== "oct") throw failure("DataError", 'the key\'s kty is not "oct"');
      secret = memberOf(jwk, "k");
      checkAlg(jwk, HMAC_ALGS[parameters.hash!.id]!);
      checkJwk(jwk, "oct", "sig", extractable, usages);
    } else {
      throw notSupported(format);
    }
    const bits = secret.length * 8;
    const length = parameters.length ?? bits;
    if (bits === 0) throw failure("DataError", "an HMAC key is not empty");
    if (length > bits || length <= bits - 8) throw failure("DataError", "the key has another length");
    return hmacKey(parameters.hash!, length, truncate(secret, length), extractable, usages);
  }],
  exportKey: [none, (format, key) => exportSecret(format, key, HMAC_ALGS[hashOf(key.algorithm).id]!)],
  getKeyLength: [hmacParameters, hmacLength],
};

export const symmetric: Algorithm[] = [
  aes("GCM", {
    encrypt: [gcmParameters, gcm("encrypt")],
    decrypt: [gcmParameters, gcm("decrypt")],
  }, "encrypt", "decrypt", "wrapKey", "unwrapKey"),
  aes("CBC", {
    encrypt: [cbcParameters, cipher("encrypt", 1)],
    decrypt: [cbcParameters, cipher("decrypt", 1)],
  }, "encrypt", "decrypt", "wrapKey", "unwrapKey"),
  aes("CTR", {
    encrypt: [ctrParameters, cipher("encrypt", 2)],
    decrypt: [ctrParameters, cipher("decrypt", 2)],
  }, "encrypt", "decrypt", "wrapKey", "unwrapKey"),
  aes("KW", {
    wrapKey: [none, cipher("encrypt", 3)],
    unwrapKey: [none, cipher("decrypt", 3)],
  }, "wrapKey", "unwrapKey"),
  hmac,
];
