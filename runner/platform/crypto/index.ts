/** The Web Cryptography API, but for `getRandomValues` and `randomUUID`, which the web platform has. */

import { registerCloneable } from "../web/index";
import { Crypto } from "../web/random";
import { hashes, register, setHost } from "./algorithm";
import { derivations } from "./derivation";
import { elliptic } from "./elliptic";
import { CryptoKey, isKey, makeKey, slotsOf } from "./key";
import type { CryptoNative } from "./native";
import { rsaAlgorithms } from "./rsa";
import { SubtleCrypto, makeSubtle } from "./subtle";
import { symmetric } from "./symmetric";

export type { CryptoNative } from "./native";

register([...hashes, ...symmetric, ...derivations, ...elliptic, ...rsaAlgorithms]);
registerCloneable(isKey, (key) => makeKey(slotsOf(key as CryptoKey)));

const subtle = makeSubtle();

/** Defines `CryptoKey` and `SubtleCrypto` on the global object, and `crypto.subtle`. The web platform is installed before. */
export function installCrypto(global: object, native: CryptoNative): void {
  setHost(native);
  Object.defineProperty(Crypto.prototype, "subtle", {
    get(this: unknown) {
      if (!(this instanceof Crypto)) throw new TypeError("Illegal invocation");
      return subtle;
    },
    enumerable: true,
    configurable: true,
  });
  for (const [name, value] of [["CryptoKey", CryptoKey], ["SubtleCrypto", SubtleCrypto]] as const) {
    Object.defineProperty(global, name, { value, writable: true, configurable: true });
  }
}
