/** WebCryptoAPI/wrapKey_unwrapKey: every wrapper with every kind of key in every format. */
import { AES, EC, HMAC, type Kind, OKP, type Pair, RSA, type Usage, bytes, describe, equal, list, makePair, makeSecret, rejects, subtle, test, usagesOf } from "./support";

const wrappers: [name: string, kind: Kind, parameters: unknown][] = [
  ["AES-CBC", AES[0]!, { name: "AES-CBC", iv: bytes(16) }],
  ["AES-CTR", AES[3]!, { name: "AES-CTR", counter: bytes(16), length: 64 }],
  ["AES-GCM", AES[6]!, { name: "AES-GCM", iv: bytes(16), additionalData: bytes(16), tagLength: 64 }],
  ["AES-KW", AES[9]!, "AES-KW"],
];
const secrets = [AES[1]!, AES[5]!, AES[6]!, AES[11]!, HMAC[1]!];
const pairs = [...EC, ...OKP, ...RSA];
const pairsMade = new Map<Kind, Promise<Pair>>();
const pairOf = (kind: Kind) => {
  if (!pairsMade.has(kind)) pairsMade.set(kind, makePair(kind));
  return pairsMade.get(kind)!;
};

interface Wrapped {
  name: string;
  format: string;
  algorithm: unknown;
  usages: Usage[];
  key: () => Promise<CryptoKey>;
}

const keys: Wrapped[] = [
  ...secrets.flatMap((kind) => ["raw", "jwk"].map((format) => ({ name: describe(kind), format, algorithm: kind.algorithm, usages: usagesOf(kind), key: () => makeSecret(kind) }))),
  ...pairs.flatMap((kind) => ["spki", "jwk"].map((format) => ({ name: `${describe(kind)} public`, format, algorithm: kind.algorithm, usages: kind.public!, key: async () => (await pairOf(kind)).publicKey }))),
  ...pairs.flatMap((kind) => ["pkcs8", "jwk"].map((format) => ({ name: `${describe(kind)} private`, format, algorithm: kind.algorithm, usages: kind.private!, key: async () => (await pairOf(kind)).privateKey }))),
];

for (const [wrapperName, kind, parameters] of wrappers) {
  for (const { name, format, algorithm, usages, key } of keys) {
    test(`${wrapperName} wraps ${name} as ${format}`, async () => {
      const wrapper = await makeSecret(kind);
      const original = await key();
      const exported = await subtle.exportKey(format, original);
      const length = exported instanceof ArrayBuffer ? exported.byteLength : JSON.stringify(exported).length;
      const wrapping = subtle.wrapKey(format, original, wrapper, parameters);
      // RFC 3394 wraps by eights, and DER is as long as it is.
      if (wrapperName === "AES-KW" && length % 8 > 0) return void (await rejects("OperationError", wrapping as never));
      for (const extractable of [true, false]) {
        const unwrapped = await subtle.unwrapKey(format, await wrapping, wrapper, parameters, algorithm, extractable, usages);
        equal([unwrapped.type, unwrapped.extractable, unwrapped.usages], [original.type, extractable, original.usages]);
        equal(unwrapped.algorithm, original.algorithm);
        if (!extractable) continue;
        const again = await subtle.exportKey(format, unwrapped);
        if (again instanceof ArrayBuffer) equal(list(again), list(exported as ArrayBuffer));
        else equal(again, exported);
      }
    });
  }
  test(`${wrapperName} wraps nothing that is not extractable`, async () => {
    const key = (await subtle.generateKey({ name: "AES-GCM", length: 128 }, false, ["encrypt"])) as CryptoKey;
    await rejects("InvalidAccessError", subtle.wrapKey("raw", key, await makeSecret(kind), parameters) as never);
    const hkdf = await subtle.importKey("raw", bytes(16), "HKDF", false, ["deriveBits"]);
    await rejects("NotSupportedError", subtle.wrapKey("raw", hkdf, await makeSecret(kind), parameters) as never);
  });
  test(`${wrapperName} needs the usage and the algorithm`, async () => {
    const only = async (usage: Usage) => (await subtle.generateKey(kind.algorithm, false, [usage])) as CryptoKey;
    const key = await makeSecret(AES[0]!);
    await rejects("InvalidAccessError", subtle.wrapKey("raw", key, await only("unwrapKey"), parameters) as never);
    await rejects("InvalidAccessError", subtle.unwrapKey("raw", bytes(24), await only("wrapKey"), parameters, "AES-CBC", true, ["encrypt"]) as never);
    const other = wrappers.find(([name]) => name !== wrapperName)![2];
    await rejects("InvalidAccessError", subtle.wrapKey("raw", key, await only("wrapKey"), other) as never);
  });
  test(`${wrapperName} does not unwrap what it did not wrap`, async () => {
    const wrapper = await makeSecret(kind);
    if (wrapperName !== "AES-CTR") await rejects("OperationError", subtle.unwrapKey("raw", bytes(25), wrapper, parameters, "AES-CBC", true, ["encrypt"]) as never);
    if (wrapperName === "AES-KW") return;
    const encrypter = await subtle.importKey("raw", (await subtle.exportKey("raw", wrapper)) as ArrayBuffer, kind.algorithm, false, ["encrypt"]);
    for (const text of ["", "{", "null", "1", "[]", "{}", '{"k":"AA"}']) {
      const encrypted = await subtle.encrypt(parameters, encrypter, new TextEncoder().encode(text));
      await rejects("DataError", subtle.unwrapKey("jwk", encrypted, wrapper, parameters, "AES-CBC", true, ["encrypt"]) as never, text);
    }
    const encrypted = await subtle.encrypt(parameters, encrypter, new TextEncoder().encode(JSON.stringify({ kty: "oct", k: "AAAAAAAAAAAAAAAAAAAAAA", "ünnötig": "é" })));
    equal((await subtle.unwrapKey("jwk", encrypted, wrapper, parameters, "AES-CBC", true, ["encrypt"])).algorithm.length, 128);
  });
}

for (const name of ["HMAC", "RSA-OAEP", "none"]) {
  test(`${name} wraps nothing`, async () => {
    const key = await makeSecret(AES[0]!);
    await rejects("NotSupportedError", subtle.wrapKey("raw", key, key, name) as never);
    await rejects("NotSupportedError", subtle.unwrapKey("raw", bytes(24), key, name, "AES-CBC", true, ["encrypt"]) as never);
  });
}
