/** What `installCrypto` adds to the globals, as these modules' tests use it. */
import type { CryptoKey as Key } from "./key";
import type { SubtleCrypto as Subtle } from "./subtle";

declare module "../web/random" {
  interface Crypto {
    readonly subtle: Subtle;
  }
}

declare global {
  interface CryptoKey extends Key {}
  var CryptoKey: typeof Key;
  var SubtleCrypto: typeof Subtle;
}
