/** HKDF and PBKDF2: bits out of a secret. */

import { type Algorithm, all, bytes, checkUsages, hash, host, none, notSupported, number } from "./algorithm";
import { LONG, failure } from "./idl";
import { makeKey, usagesAmong } from "./key";

function derivation(name: "HKDF" | "PBKDF2", deriveBits: NonNullable<Algorithm["deriveBits"]>): Algorithm {
  return {
    name,
    deriveBits: [deriveBits[0], (parameters, key, length) => {
      if (length === null || length % 8 > 0) throw failure("OperationError", `${name} derives whole bytes: the length is a multiple of 8`);
      return deriveBits[1](parameters, key, length);
    }],
    importKey: [none, (format, data, _, extractable, usages) => {
      if (format !== "raw") throw notSupported(format);
      checkUsages(usages, "deriveKey", "deriveBits");
      if (extractable) throw failure("SyntaxError", `keys of ${name} are not extractable`);
      return makeKey({ type: "secret", extractable, algorithm: { name }, usages: usagesAmong(usages), bytes: (data as Uint8Array).slice() });
    }],
    getKeyLength: [none, () => null],
  };
}

export const derivations: Algorithm[] = [
  derivation("HKDF", [all(hash, bytes("info"), bytes("salt")), ({ hash, salt, info }, key, length) => host.hkdf(hash!.id, key.bytes, salt!, info!, length! / 8)]),
  derivation("PBKDF2", [all(hash, number("iterations", LONG), bytes("salt")), ({ hash, salt, iterations }, key, length) => host.pbkdf2(hash!.id, key.bytes, salt!, iterations!, length! / 8)]),
];
