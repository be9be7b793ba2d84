import { refuseWhileImaging, rust } from "../web/host";
import { SECRET, describeInterface, domString, needArguments } from "../web/webidl";
import { type Cipher, type KeyFormat, type Parameters, normalize } from "./algorithm";
import { type BufferSource, buffer, bufferSource, failure, isBufferSource, view } from "./idl";
import { type JsonWebKey, jsonWebKey } from "./jwk";
import { type CryptoKey, type KeyPair, type KeyUsage, type Slots, isKey, keyArgument, slotsOf, usagesArgument } from "./key";

/**
 * `crypto.subtle`. Each method first reads its arguments as Web IDL has it, then normalizes algorithms, then checks the
 * keys, then computes; whatever fails rejects the promise. What is computed, the host computes within the call, so that
 * nothing has to be copied for later.
 */
export class SubtleCrypto {
  readonly #made = true;

  constructor(...internal: unknown[]) {
    if (internal[0] !== SECRET) throw new TypeError("Illegal constructor");
  }

  static #check(target: unknown, given: number, needed: number, name: string): void {
    if (typeof target !== "object" || target === null || !(#made in target)) throw new TypeError("Illegal invocation");
    needArguments(given, needed, name);
  }

  async encrypt(algorithm: unknown, key: unknown, data: unknown): Promise<ArrayBuffer> {
    SubtleCrypto.#check(this, arguments.length, 3, "encrypt");
    return cipher("encrypt", algorithm, key, data);
  }

  async decrypt(algorithm: unknown, key: unknown, data: unknown): Promise<ArrayBuffer> {
    SubtleCrypto.#check(this, arguments.length, 3, "decrypt");
    return cipher("decrypt", algorithm, key, data);
  }

  async sign(algorithm: unknown, key: unknown, data: unknown): Promise<ArrayBuffer> {
    SubtleCrypto.#check(this, arguments.length, 3, "sign");
    const slots = slotsOf(keyArgument(key));
    const source = bufferSource(data, "the data");
    const [{ sign }, parameters] = normalize("sign", algorithm);
    checkKey(slots, parameters, "sign");
    return buffer(sign![1](parameters, slots, view(source)));
  }

  async verify(algorithm: unknown, key: unknown, signature: unknown, data: unknown): Promise<boolean> {
    SubtleCrypto.#check(this, arguments.length, 4, "verify");
    const slots = slotsOf(keyArgument(key));
    const claimed = bufferSource(signature, "the signature");
    const source = bufferSource(data, "the data");
    const [{ verify }, parameters] = normalize("verify", algorithm);
    checkKey(slots, parameters, "verify");
    return verify![1](parameters, slots, view(claimed), view(source));
  }

  async digest(algorithm: unknown, data: unknown): Promise<ArrayBuffer> {
    SubtleCrypto.#check(this, arguments.length, 2, "digest");
    const source = bufferSource(data, "the data");
    const [{ digest }] = normalize("digest", algorithm);
    return buffer(digest![1](view(source)));
  }

  async generateKey(algorithm: unknown, extractable: unknown, usages: unknown): Promise<CryptoKey | KeyPair> {
    SubtleCrypto.#check(this, arguments.length, 3, "generateKey");
    refuseWhileImaging("crypto.subtle.generateKey");
    const wanted = usagesArgument(usages);
    const [{ generateKey }, parameters] = normalize("generateKey", algorithm);
    const made = generateKey![1](parameters, Boolean(extractable), wanted);
    if (isKey(made)) checkUseful(made);
    else checkUseful(made.privateKey);
    return made;
  }

  async deriveKey(algorithm: unknown, baseKey: unknown, derivedKeyType: unknown, extractable: unknown, usages: unknown): Promise<CryptoKey> {
    SubtleCrypto.#check(this, arguments.length, 5, "deriveKey");
    const slots = slotsOf(keyArgument(baseKey));
    const wanted = usagesArgument(usages);
    const [{ deriveBits }, parameters] = normalize("deriveBits", algorithm);
    const [{ importKey }, importParameters] = normalize("importKey", derivedKeyType);
    const [{ getKeyLength }, lengthParameters] = normalize("getKeyLength", derivedKeyType);
    checkKey(slots, parameters, "deriveKey");
    const length = getKeyLength![1](lengthParameters);
    const secret = deriveBits![1](parameters, slots, length);
    return checkUseful(importKey![1]("raw", secret, importParameters, Boolean(extractable), wanted));
  }

  async deriveBits(algorithm: unknown, baseKey: unknown, length: unknown = null): Promise<ArrayBuffer> {
    SubtleCrypto.#check(this, arguments.length, 2, "deriveBits");
    const slots = slotsOf(keyArgument(baseKey));
    const bits = length === null ? null : wrapping(length);
    const [{ deriveBits }, parameters] = normalize("deriveBits", algorithm);
    checkKey(slots, parameters, "deriveBits");
    return buffer(deriveBits![1](parameters, slots, bits));
  }

  async importKey(format: unknown, keyData: unknown, algorithm: unknown, extractable: unknown, usages: unknown): Promise<CryptoKey> {
    SubtleCrypto.#check(this, arguments.length, 5, "importKey");
    const from = formatArgument(format);
    const data = keyDataArgument(keyData);
    const wanted = usagesArgument(usages);
    const [{ importKey }, parameters] = normalize("importKey", algorithm);
    if ((from === "jwk") === isBufferSource(data)) {
      throw new TypeError(from === "jwk" ? "a key in the format jwk is an object, no bytes" : `a key in the format ${from} is bytes`);
    }
    const source = isBufferSource(data) ? view(data) : data;
    return checkUseful(importKey![1](from, source, parameters, Boolean(extractable), wanted));
  }

  async exportKey(format: unknown, key: unknown): Promise<ArrayBuffer | JsonWebKey> {
    SubtleCrypto.#check(this, arguments.length, 2, "exportKey");
    const to = formatArgument(format);
    const exported = exportKey(to, slotsOf(keyArgument(key)));
    return exported instanceof Uint8Array ? buffer(exported) : exported;
  }

  async wrapKey(format: unknown, key: unknown, wrappingKey: unknown, wrapAlgorithm: unknown): Promise<ArrayBuffer> {
    SubtleCrypto.#check(this, arguments.length, 4, "wrapKey");
    const to = formatArgument(format);
    const slots = slotsOf(keyArgument(key));
    const wrapping = slotsOf(keyArgument(wrappingKey));
    const [wrap, parameters] = normalizeOr("wrapKey", "encrypt", wrapAlgorithm);
    checkKey(wrapping, parameters, "wrapKey");
    const exported = exportKey(to, slots);
    const bytes = exported instanceof Uint8Array ? exported : rust.encode(JSON.stringify(exported));
    return buffer(wrap(parameters, wrapping, bytes));
  }

  async unwrapKey(format: unknown, wrappedKey: unknown, unwrappingKey: unknown, unwrapAlgorithm: unknown, unwrappedKeyAlgorithm: unknown, extractable: unknown, usages: unknown): Promise<CryptoKey> {
    SubtleCrypto.#check(this, arguments.length, 7, "unwrapKey");
    const from = formatArgument(format);
    const source = bufferSource(wrappedKey, "the wrapped key");
    const unwrapping = slotsOf(keyArgument(unwrappingKey));
    const wanted = usagesArgument(usages);
    const [unwrap, parameters] = normalizeOr("unwrapKey", "decrypt", unwrapAlgorithm);
    const [{ importKey }, importParameters] = normalize("importKey", unwrappedKeyAlgorithm);
    checkKey(unwrapping, parameters, "unwrapKey");
    const bytes = unwrap(parameters, unwrapping, view(source));
    const key = from === "jwk" ? parseJwk(bytes) : bytes;
    return checkUseful(importKey![1](from, key, importParameters, Boolean(extractable), wanted));
  }
}

describeInterface(SubtleCrypto, "SubtleCrypto");

export function makeSubtle(): SubtleCrypto {
  return new SubtleCrypto(SECRET);
}

function cipher(operation: "encrypt" | "decrypt", algorithm: unknown, key: unknown, data: unknown): ArrayBuffer {
  const slots = slotsOf(keyArgument(key));
  const source = bufferSource(data, "the data");
  const [found, parameters] = normalize(operation, algorithm);
  checkKey(slots, parameters, operation);
  return buffer(found[operation]![1](parameters, slots, view(source)));
}

/** Most algorithms wrap keys by encrypting them. */
function normalizeOr(wrapping: "wrapKey" | "unwrapKey", otherwise: "encrypt" | "decrypt", value: unknown): [Cipher, Parameters] {
  try {
    const [algorithm, parameters] = normalize(wrapping, value);
    return [algorithm[wrapping]![1], parameters];
  } catch {
    const [algorithm, parameters] = normalize(otherwise, value);
    return [algorithm[otherwise]![1], parameters];
  }
}

/** The key is of the algorithm that is asked for, and may be used so. */
function checkKey(key: Slots, parameters: Parameters, usage: KeyUsage): void {
  if (key.algorithm.name !== parameters.name) throw failure("InvalidAccessError", `the key is for ${key.algorithm.name}, not ${parameters.name}`);
  if (!key.usages.includes(usage)) throw failure("InvalidAccessError", `the key's usages do not include "${usage}"`);
}

/** A key that is secret is for something. */
function checkUseful(key: CryptoKey): CryptoKey {
  const { type, usages } = slotsOf(key);
  if (type !== "public" && usages.length === 0) throw failure("SyntaxError", `a ${type} key has at least one usage`);
  return key;
}

function exportKey(format: KeyFormat, key: Slots): Uint8Array | JsonWebKey {
  const [{ exportKey }] = normalize("exportKey", key.algorithm);
  if (!key.extractable) throw failure("InvalidAccessError", "the key is not extractable");
  return exportKey![1](format, key);
}

function formatArgument(value: unknown): KeyFormat {
  const format = domString(value);
  switch (format) {
    case "raw":
    case "spki":
    case "pkcs8":
    case "jwk":
      return format;
    default:
      throw new TypeError(`"${format}" is no format of keys`);
  }
}

/** `BufferSource or JsonWebKey`: what is no object is an empty dictionary at best. */
function keyDataArgument(value: unknown): BufferSource | JsonWebKey {
  if (isBufferSource(value)) return bufferSource(value, "the key's data");
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" && typeof value !== "function") throw new TypeError("the key's data is neither bytes nor an object");
  return jsonWebKey(value);
}

/** An `unsigned long` without [EnforceRange]. */
function wrapping(value: unknown): number {
  return value === undefined ? 0 : Number(value) >>> 0;
}

function parseJwk(bytes: Uint8Array): JsonWebKey {
  let parsed: unknown;
  try {
    parsed = JSON.parse(rust.decode(bytes, 0, false)!);
  } catch {
    throw failure("DataError", "the unwrapped key is no JSON");
  }
  if (typeof parsed !== "object" || parsed === null) throw failure("DataError", "the unwrapped key is no JSON Web Key");
  const jwk = jsonWebKey(parsed);
  if (jwk.kty === undefined) throw failure("DataError", "the unwrapped key has no kty");
  return jwk;
}
