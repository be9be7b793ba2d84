/** WebCryptoAPI/derive_bits_keys, HKDF and PBKDF2; vectors of another implementation are in node.test.ts. */
import { HASHES, type Usage, bytes, equal, list, rejects, subtle, test } from "./support";

const algorithms = (hash: string): Record<string, { name: string; [parameter: string]: unknown }> => ({
  HKDF: { name: "HKDF", hash, salt: bytes(8), info: bytes(5) },
  PBKDF2: { name: "PBKDF2", hash, salt: bytes(8), iterations: 10 },
});
const secretFor = (name: string, usages: Usage[] = ["deriveKey", "deriveBits"]) => subtle.importKey("raw", bytes(20), name, false, usages);
const other: Record<string, string> = { HKDF: "PBKDF2", PBKDF2: "HKDF" };
const ciphers: Usage[] = ["encrypt", "decrypt"];

const kinds: [name: string, algorithm: Record<string, unknown>, usages: Usage[], bits: number][] = [
  ...["AES-CBC", "AES-CTR", "AES-GCM"].flatMap((name) => [128, 192, 256].map((length): [string, Record<string, unknown>, Usage[], number] => [`${name} ${length}`, { name, length }, ciphers, length])),
  ...[128, 192, 256].map((length): [string, Record<string, unknown>, Usage[], number] => [`AES-KW ${length}`, { name: "AES-KW", length }, ["wrapKey"], length]),
  ["HMAC SHA-256 of 256 bits", { name: "HMAC", hash: "SHA-256", length: 256 }, ["sign"], 256],
  ["HMAC SHA-1", { name: "HMAC", hash: "SHA-1" }, ["sign"], 512],
  ["HMAC SHA-512", { name: "HMAC", hash: "SHA-512" }, ["sign"], 1024],
];

for (const name of ["HKDF", "PBKDF2"]) {
  for (const hash of HASHES) {
    const algorithm = algorithms(hash)[name]!;
    for (const length of [8, 128, 256, 1000, 2048]) {
      test(`${name} ${hash}, ${length} bits`, async () => {
        const derived = list(await subtle.deriveBits(algorithm, await secretFor(name), length));
        equal(derived.length, length / 8);
        equal(list(await subtle.deriveBits(algorithm, await secretFor(name), 2048)).slice(0, length / 8), derived);
      });
    }
    test(`${name} ${hash}, no bits`, async () => equal((await subtle.deriveBits(algorithm, await secretFor(name), 0)).byteLength, 0));
    for (const [what, type, usages, bits] of kinds) {
      test(`${name} ${hash}, a key of ${what}`, async () => {
        const key = await subtle.deriveKey(algorithm, await secretFor(name), type, true, usages);
        equal([key.type, key.extractable, key.algorithm.name, key.usages], ["secret", true, type.name, usages]);
        equal(list((await subtle.exportKey("raw", key)) as ArrayBuffer), list(await subtle.deriveBits(algorithm, await secretFor(name), bits)));
      });
    }
    for (const length of [undefined, null, 7, 44]) {
      test(`${name} ${hash}, ${length} bits are none`, async () => {
        // undefined is the default, which is null.
        await rejects("OperationError", subtle.deriveBits(algorithm, await secretFor(name), length) as never);
      });
    }
    for (const bad of ["SHA-3", "PBKDF2", "md5"]) {
      test(`${name} ${hash}, or rather ${bad}`, async () => void (await rejects("NotSupportedError", subtle.deriveBits({ ...algorithm, hash: bad }, await secretFor(name), 256) as never)));
    }
    test(`${name} ${hash} needs a key with the usage and the algorithm`, async () => {
      const derive = (key: CryptoKey) => subtle.deriveKey(algorithm, key, { name: "AES-CBC", length: 128 }, true, ciphers);
      await rejects("InvalidAccessError", subtle.deriveBits(algorithm, await secretFor(name, ["deriveKey"]), 256) as never);
      await rejects("InvalidAccessError", derive(await secretFor(name, ["deriveBits"])) as never);
      await rejects("InvalidAccessError", subtle.deriveBits(algorithm, await secretFor(other[name]!), 256) as never);
      await rejects("InvalidAccessError", derive(await secretFor(other[name]!)) as never);
    });
  }
  for (const missing of name === "HKDF" ? ["hash", "salt", "info"] : ["hash", "salt", "iterations"]) {
    test(`${name} without ${missing}`, async () => {
      await rejects(TypeError, subtle.deriveBits({ ...algorithms("SHA-256")[name]!, [missing]: undefined }, await secretFor(name), 256) as never);
    });
  }
  for (const [type, error] of [[{ name: "AES-CBC", length: 100 }, "OperationError"], [{ name: "AES-CBC" }, TypeError], ["AES-ECB", "NotSupportedError"], [{ name: "HMAC", hash: "SHA-1", length: 0 }, "OperationError"]] as const) {
    test(`${name}, a key of ${JSON.stringify(type)}`, async () => {
      await rejects(error, subtle.deriveKey(algorithms("SHA-256")[name]!, await secretFor(name), type, true, ["encrypt", "sign"]) as never);
    });
  }
  test(`${name}, a key for nothing`, async () => {
    await rejects("SyntaxError", subtle.deriveKey(algorithms("SHA-256")[name]!, await secretFor(name), { name: "AES-CBC", length: 128 }, true, []) as never);
  });
}

test("PBKDF2 of no iterations", async () => {
  await rejects("OperationError", subtle.deriveBits({ ...algorithms("SHA-256").PBKDF2!, iterations: 0 }, await secretFor("PBKDF2"), 256) as never);
  await rejects(TypeError, subtle.deriveBits({ ...algorithms("SHA-256").PBKDF2!, iterations: -1 }, await secretFor("PBKDF2"), 256) as never);
  await rejects(TypeError, subtle.deriveBits({ ...algorithms("SHA-256").PBKDF2!, iterations: 2 ** 32 }, await secretFor("PBKDF2"), 256) as never);
});
test("HKDF of more than 255 digests", async () => {
  await rejects("OperationError", subtle.deriveBits(algorithms("SHA-256").HKDF!, await secretFor("HKDF"), (255 * 32 + 1) * 8) as never);
});
test("one secret for another derivation", async () => {
  const key = await subtle.deriveKey(algorithms("SHA-256").HKDF!, await secretFor("HKDF"), { name: "HKDF" }, false, ["deriveBits"]).catch((error: Error) => error.name);
  // HKDF and PBKDF2 themselves say no length, and derivation needs one.
  equal(key, "OperationError");
});
