/** The Web Cryptography API, but for `getRandomValues` and `randomUUID`, which the web platform has. */

import { hashes, register, setHost } from "./algorithm";
import { derivations } from "./derivation";
import { elliptic } from "./elliptic";
import { CryptoKey } from "./key";
import type { CryptoNative } from "./native";
import { rsaAlgorithms } from "./rsa";
import { SubtleCrypto, makeSubtle } from "./subtle";
import { symmetric } from "./symmetric";

/**
 * Defines `CryptoKey` and `SubtleCrypto` on the global object, and `subtle` on the class of `crypto`. `random` fills bytes with
 * random ones.
 */
export function installCrypto(global: object, crypto: object, native: CryptoNative, random: (bytes: Uint8Array) => void): void {
  setHost(native, random);
  register([...hashes, ...symmetric, ...derivations, ...elliptic, ...rsaAlgorithms]);
  const subtle = makeSubtle();
  Object.defineProperty(Object.getPrototypeOf(crypto), "subtle", { get: () => subtle, enumerable: true, configurable: true });
  define(global, "CryptoKey", CryptoKey);
  define(global, "SubtleCrypto", SubtleCrypto);
}

/** As Web IDL defines an interface: its members can be enumerated, its objects have its name. */
function define(global: object, name: string, target: { prototype: object }): void {
  for (const member of Object.getOwnPropertyNames(target.prototype)) {
    if (member !== "constructor") Object.defineProperty(target.prototype, member, { enumerable: true });
  }
  Object.defineProperty(target.prototype, Symbol.toStringTag, { value: name, configurable: true });
  Object.defineProperty(target, "name", { value: name, configurable: true });
  Object.defineProperty(target, "length", { value: 0, configurable: true });
  Object.defineProperty(global, name, { value: target, writable: true, configurable: true });
}
