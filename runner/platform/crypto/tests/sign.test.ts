/** WebCryptoAPI/sign_verify: each scheme with each hash function; vectors of another implementation are in node.test.ts. */
import { CURVES, EC, HASHES, HMAC, type Kind, OKP, type Pair, RSA, type Usage, bytes, describe, equal, makePair, makeSecret, ok, rejects, subtle, test } from "./support";

const data = bytes(300);

/** How a key signs: the algorithm to pass, and the keys, made once. */
interface Case {
  name: string;
  algorithm: unknown;
  keys: () => Promise<[sign: CryptoKey, verify: CryptoKey]>;
}

const made = new Map<Kind, Promise<Pair>>();
const pairOf = (kind: Kind) => {
  let pair = made.get(kind);
  if (pair === undefined) made.set(kind, (pair = makePair(kind)));
  return pair;
};
const halves = (kind: Kind) => async (): Promise<[CryptoKey, CryptoKey]> => {
  const { privateKey, publicKey } = await pairOf(kind);
  return [privateKey, publicKey];
};
const rsaFor = (kind: Kind, hash: string) => async (): Promise<[CryptoKey, CryptoKey]> => {
  const { privateKey, publicKey } = await pairOf(kind);
  const algorithm = { name: kind.algorithm.name, hash };
  return [
    await subtle.importKey("pkcs8", await subtle.exportKey("pkcs8", privateKey), algorithm, false, ["sign"]),
    await subtle.importKey("spki", await subtle.exportKey("spki", publicKey), algorithm, false, ["verify"]),
  ];
};

const cases: Case[] = [
  ...HMAC.map((kind) => ({ name: describe(kind), algorithm: "HMAC", keys: async () => { const key = await makeSecret(kind); return [key, key] as [CryptoKey, CryptoKey]; } })),
  ...EC.filter(({ algorithm }) => algorithm.name === "ECDSA").flatMap((kind) => HASHES.map((hash) => ({ name: `${describe(kind)} ${hash}`, algorithm: { name: "ECDSA", hash }, keys: halves(kind) }))),
  { name: "Ed25519", algorithm: "Ed25519", keys: halves(OKP[0]!) },
  ...HASHES.map((hash) => ({ name: `RSASSA-PKCS1-v1_5 ${hash}`, algorithm: "RSASSA-PKCS1-v1_5", keys: rsaFor(RSA[0]!, hash) })),
  ...HASHES.flatMap((hash) => [0, 20, 48].map((saltLength) => ({ name: `RSA-PSS ${hash} salt ${saltLength}`, algorithm: { name: "RSA-PSS", saltLength }, keys: rsaFor(RSA[1]!, hash) }))),
];

for (const { name, algorithm, keys } of cases) {
  test(`${name} round trip`, async () => {
    const [key, verifier] = await keys();
    const signature = await subtle.sign(algorithm, key, data);
    ok(signature instanceof ArrayBuffer);
    equal(await subtle.verify(algorithm, verifier, signature, data), true);
  });
  test(`${name} of nothing`, async () => {
    const [key, verifier] = await keys();
    equal(await subtle.verify(algorithm, verifier, await subtle.sign(algorithm, key, new Uint8Array()), new Uint8Array()), true);
  });
  test(`${name} with data altered after the call`, async () => {
    const [key, verifier] = await keys();
    const altered = data.slice();
    const signing = subtle.sign(algorithm, key, altered);
    altered[0]! ^= 1;
    const signature = new Uint8Array(await signing);
    const claimed = signature.slice();
    const verifying = subtle.verify(algorithm, verifier, claimed, data);
    claimed[0]! ^= 1;
    equal(await verifying, true);
  });
  test(`${name} does not verify what is altered`, async () => {
    const [key, verifier] = await keys();
    const signature = new Uint8Array(await subtle.sign(algorithm, key, data));
    for (const index of [0, signature.length >> 1, signature.length - 1]) {
      equal(await subtle.verify(algorithm, verifier, signature.map((byte, at) => (at === index ? byte ^ 1 : byte)), data), false, `byte ${index}`);
    }
    equal(await subtle.verify(algorithm, verifier, signature.slice(1), data), false, "shorter");
    equal(await subtle.verify(algorithm, verifier, new Uint8Array([...signature, 0]), data), false, "longer");
    equal(await subtle.verify(algorithm, verifier, new Uint8Array(), data), false, "none");
    equal(await subtle.verify(algorithm, verifier, signature, data.map((byte, at) => (at === 7 ? byte ^ 1 : byte))), false, "other data");
  });
  test(`${name} needs a key with the usage and the algorithm`, async () => {
    const [key, verifier] = await keys();
    const signature = await subtle.sign(algorithm, key, data);
    const wrong = typeof algorithm === "string" ? { name: algorithm === "HMAC" ? "Ed25519" : "HMAC" } : "HMAC";
    await rejects("InvalidAccessError", subtle.sign(wrong, key, data) as never);
    await rejects("InvalidAccessError", subtle.verify(wrong, verifier, signature, data) as never);
    if (key !== verifier) {
      await rejects("InvalidAccessError", subtle.sign(algorithm, verifier, data) as never);
      await rejects("InvalidAccessError", subtle.verify(algorithm, key, signature, data) as never);
    }
  });
}

test("an HMAC key is for what it says", async () => {
  const only = async (usage: Usage) => subtle.importKey("raw", bytes(16), { name: "HMAC", hash: "SHA-256" }, false, [usage]);
  await rejects("InvalidAccessError", subtle.verify("HMAC", await only("sign"), new Uint8Array(32), data) as never);
  await rejects("InvalidAccessError", subtle.sign("HMAC", await only("verify"), data) as never);
});
test("RSA-PSS with a salt that has no room", async () => {
  const { privateKey, publicKey } = await pairOf(RSA[1]!);
  await rejects("OperationError", subtle.sign({ name: "RSA-PSS", saltLength: 95 }, privateKey, data) as never);
  await rejects("OperationError", subtle.sign({ name: "RSA-PSS", saltLength: 0xffff_ffff }, privateKey, data) as never);
  equal(await subtle.verify({ name: "RSA-PSS", saltLength: 0xffff_ffff }, publicKey, new Uint8Array(128), data), false);
  await rejects(TypeError, subtle.sign("RSA-PSS", privateKey, data) as never);
  await rejects(TypeError, subtle.sign({ name: "RSA-PSS", saltLength: -1 }, privateKey, data) as never);
});
for (const namedCurve of CURVES) {
  test(`ECDSA ${namedCurve} needs a hash function`, async () => {
    const { privateKey } = await pairOf(EC.find(({ algorithm }) => algorithm.namedCurve === namedCurve)!);
    await rejects(TypeError, subtle.sign("ECDSA", privateKey, data) as never);
    await rejects("NotSupportedError", subtle.sign({ name: "ECDSA", hash: "MD5" }, privateKey, data) as never);
  });
}
for (const name of ["AES-GCM", "ECDH", "SHA-256", "none"]) {
  test(`${name} signs nothing`, async () => {
    const key = await makeSecret(HMAC[1]!);
    await rejects("NotSupportedError", subtle.sign(name, key, data) as never);
    await rejects("NotSupportedError", subtle.verify(name, key, data, data) as never);
  });
}
test("a public key of Ed25519 that is no point verifies nothing", async () => {
  const key = await subtle.importKey("raw", new Uint8Array(32).fill(255), "Ed25519", true, ["verify"]);
  equal(await subtle.verify("Ed25519", key, new Uint8Array(64), data), false);
});
test("a public key of Ed25519 of small order verifies nothing", async () => {
  for (const point of ["0100000000000000000000000000000000000000000000000000000000000000", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "0000000000000000000000000000000000000000000000000000000000000000"]) {
    const raw = Uint8Array.fromHex(point);
    const key = await subtle.importKey("raw", raw, "Ed25519", true, ["verify"]);
    equal(await subtle.verify("Ed25519", key, new Uint8Array([...raw, ...new Uint8Array(32)]), data), false, point);
  }
});
