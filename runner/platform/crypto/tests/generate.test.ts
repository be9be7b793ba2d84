/** WebCryptoAPI/generateKey: every algorithm with every set of usages, and what is refused. */
import { AES, type Algorithm, type Kind, PAIRS, type Pair, RSA, SECRETS, USAGES, type Usage, describe, equal, ok, rejects, subsets, subtle, test, usagesOf } from "./support";

function checkKey(key: CryptoKey, type: string, extractable: boolean, algorithm: Algorithm, usages: Usage[]): void {
  ok(key instanceof CryptoKey);
  equal([key.type, key.extractable, key.algorithm.name], [type, extractable, algorithm.name]);
  equal(key.usages, USAGES.filter((usage) => usages.includes(usage)));
  ok(key.algorithm === key.algorithm && key.usages === key.usages);
  if (algorithm.length !== undefined) equal(key.algorithm.length, algorithm.length);
  if (algorithm.hash !== undefined) equal(key.algorithm.hash, { name: algorithm.hash });
  if (algorithm.namedCurve !== undefined) equal(key.algorithm.namedCurve, algorithm.namedCurve);
  if (algorithm.modulusLength !== undefined) equal([key.algorithm.modulusLength, key.algorithm.publicExponent], [algorithm.modulusLength, algorithm.publicExponent]);
}

for (const kind of SECRETS) {
  for (const extractable of [true, false]) {
    for (const usages of subsets(usagesOf(kind))) {
      test(`${describe(kind)}, ${extractable}, [${usages}]`, async () => {
        const key = (await subtle.generateKey(kind.algorithm, extractable, [...usages, ...usages])) as CryptoKey;
        checkKey(key, "secret", extractable, kind.algorithm, usages);
      });
    }
  }
}

for (const kind of PAIRS) {
  for (const extractable of [true, false]) {
    for (const usages of subsets(usagesOf(kind)).filter((usages) => usages.some((usage) => kind.private!.includes(usage)))) {
      test(`${describe(kind)}, ${extractable}, [${usages}]`, async () => {
        const pair = (await subtle.generateKey(kind.algorithm, extractable, usages)) as Pair;
        equal(Object.keys(pair).sort(), ["privateKey", "publicKey"]);
        checkKey(pair.privateKey, "private", extractable, kind.algorithm, usages.filter((usage) => kind.private!.includes(usage)));
        checkKey(pair.publicKey, "public", true, kind.algorithm, usages.filter((usage) => kind.public!.includes(usage)));
      });
    }
  }
}

test("names of algorithms in any case", async () => {
  const key = (await subtle.generateKey({ name: "aes-gcm", length: 128 }, true, ["encrypt"])) as CryptoKey;
  equal(key.algorithm.name, "AES-GCM");
});

function refused(name: string, error: string | TypeErrorConstructor, algorithm: unknown, usages: unknown = ["sign"]): void {
  test(name, async () => void (await rejects(error, subtle.generateKey(algorithm, true, usages) as never)));
}

for (const algorithm of ["AES", "AES-CMAC", "AES-CFB", "HMAC-SHA1", "PBKDF2", "HKDF", "RSA", "RSA-OAEP", "RSAES-PKCS1-v1_5", "EC", "SHA-1", "ECMQV", ""]) {
  refused(`"${algorithm}" makes no keys`, "NotSupportedError", algorithm);
  refused(`{ name: "${algorithm}" } makes no keys`, "NotSupportedError", { name: algorithm });
}
for (const kind of [...SECRETS, ...PAIRS]) {
  const possible = usagesOf(kind);
  for (const usage of USAGES.filter((usage) => !possible.includes(usage))) {
    refused(`${describe(kind)} is not for ${usage}`, "SyntaxError", kind.algorithm, [usage]);
    refused(`${describe(kind)} is not for ${usage} either`, "SyntaxError", kind.algorithm, [possible[0], usage]);
  }
  refused(`${describe(kind)} for nothing`, "SyntaxError", kind.algorithm, []);
}
for (const kind of PAIRS.filter((kind) => kind.public!.length > 0)) {
  refused(`${describe(kind)} whose private key is for nothing`, "SyntaxError", kind.algorithm, kind.public);
}
for (const { name } of new Set(AES.map(({ algorithm }) => algorithm))) {
  for (const length of [0, 64, 127, 129, 255, 257, 512]) {
    refused(`${name} of ${length} bits`, "OperationError", { name, length }, name === "AES-KW" ? ["wrapKey"] : ["encrypt"]);
  }
  for (const length of [-1, 65_536, NaN, Infinity, undefined, "x"]) {
    refused(`${name} of ${length} bits`, TypeError, { name, length }, ["encrypt"]);
  }
}
for (const { name } of RSA.map(({ algorithm }) => algorithm)) {
  const modulusLength = 1024;
  const publicExponent = new Uint8Array([1, 0, 1]);
  for (const hash of ["SHA", "MD5", "SHA-224", "SHA-3"]) refused(`${name} with ${hash}`, "NotSupportedError", { name, modulusLength, publicExponent, hash });
  for (const exponent of [[0], [1], [2], [], [1, 0, 0, 0, 0, 1]]) {
    refused(`${name} with the exponent [${exponent}]`, "OperationError", { name, modulusLength, publicExponent: new Uint8Array(exponent), hash: "SHA-1" });
  }
  refused(`${name} of 512 bits`, "OperationError", { name, modulusLength: 512, publicExponent, hash: "SHA-1" });
  refused(`${name} of 2^20 bits`, "OperationError", { name, modulusLength: 1 << 20, publicExponent, hash: "SHA-1" });
  for (const missing of ["modulusLength", "publicExponent", "hash"]) {
    refused(`${name} without ${missing}`, TypeError, { name, modulusLength, publicExponent, hash: "SHA-1", [missing]: undefined });
  }
  refused(`${name} with a list for an exponent`, TypeError, { name, modulusLength, publicExponent: [1, 0, 1], hash: "SHA-1" });
}
for (const name of ["ECDSA", "ECDH"]) {
  const usage = name === "ECDSA" ? "sign" : "deriveBits";
  for (const namedCurve of ["P-512", "Curve25519", "p-256", "__proto__", "toString"]) refused(`${name} over ${namedCurve}`, "NotSupportedError", { name, namedCurve }, [usage]);
  refused(`${name} without a curve`, TypeError, { name }, [usage]);
}
refused("HMAC of no bits", "OperationError", { name: "HMAC", hash: "SHA-256", length: 0 });
refused("HMAC without a hash function", TypeError, { name: "HMAC" });
for (const usages of [["SIGN"], ["sign "], [""], "sign", 1, null, {}]) refused(`the usages ${JSON.stringify(usages)}`, TypeError, { name: "HMAC", hash: "SHA-1" }, usages);

for (const [hash, length, expected] of [["SHA-256", undefined, 512], ["SHA-512", undefined, 1024], ["SHA-1", 9, 9], ["SHA-1", 256, 256]] as const) {
  test(`HMAC with ${hash} of ${length} bits`, async () => {
    const key = (await subtle.generateKey({ name: "HMAC", hash, length }, true, ["sign"])) as CryptoKey;
    equal(key.algorithm.length, expected);
    equal((await subtle.exportKey("raw", key) as ArrayBuffer).byteLength, Math.ceil(expected / 8));
  });
}
