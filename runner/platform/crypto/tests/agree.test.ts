/** WebCryptoAPI/derive_bits_keys, ECDH and X25519; vectors of another implementation are in node.test.ts. */
import { CURVES, EC, type Kind, OKP, describe, equal, list, makePair, rejects, subtle, test } from "./support";

const SIZES: Record<string, number> = { "P-256": 32, "P-384": 48, "P-521": 66, X25519: 32 };
const kinds: Kind[] = [...EC.filter(({ algorithm }) => algorithm.name === "ECDH"), OKP[1]!];

for (const kind of kinds) {
  const { name, namedCurve } = kind.algorithm as { name: string; namedCurve?: string };
  const size = SIZES[namedCurve ?? name]!;
  const both = async () => [await makePair(kind), await makePair(kind)] as const;
  test(`${describe(kind)}: both sides have one secret`, async () => {
    const [one, other] = await both();
    const secret = list(await subtle.deriveBits({ name, public: other.publicKey }, one.privateKey, null));
    equal(secret.length, size);
    equal(list(await subtle.deriveBits({ name: name.toLowerCase(), public: one.publicKey }, other.privateKey, size * 8)), secret);
    equal(list(await subtle.deriveBits({ name, public: one.publicKey }, other.privateKey)), secret, "without a length");
  });
  test(`${describe(kind)}: a part of the secret, to the bit`, async () => {
    const [one, other] = await both();
    const secret = list(await subtle.deriveBits({ name, public: other.publicKey }, one.privateKey, null));
    for (const bits of [0, 8, 128, 129, size * 8 - 11]) {
      const expected = secret.slice(0, Math.ceil(bits / 8));
      if (bits % 8 > 0) expected[expected.length - 1]! &= 0xff << (8 - (bits % 8));
      equal(list(await subtle.deriveBits({ name, public: other.publicKey }, one.privateKey, bits)), expected, `${bits} bits`);
    }
    await rejects("OperationError", subtle.deriveBits({ name, public: other.publicKey }, one.privateKey, size * 8 + 1) as never);
  });
  test(`${describe(kind)}: keys of AES and HMAC, and of a further derivation`, async () => {
    const [one, other] = await both();
    const secret = list(await subtle.deriveBits({ name, public: other.publicKey }, one.privateKey, null));
    const aes = await subtle.deriveKey({ name, public: other.publicKey }, one.privateKey, { name: "AES-GCM", length: 256 }, true, ["encrypt"]);
    equal(list((await subtle.exportKey("raw", aes)) as ArrayBuffer), secret.slice(0, 32));
    const hmac = await subtle.deriveKey({ name, public: other.publicKey }, one.privateKey, { name: "HMAC", hash: "SHA-256", length: 256 }, true, ["sign"]);
    equal(list((await subtle.exportKey("raw", hmac)) as ArrayBuffer), secret.slice(0, 32));
    const hkdf = await subtle.deriveKey({ name, public: other.publicKey }, one.privateKey, "HKDF", false, ["deriveBits"]);
    equal([hkdf.type, hkdf.algorithm], ["secret", { name: "HKDF" }]);
  });
  test(`${describe(kind)}: keys that do not fit`, async () => {
    const [one, other] = await both();
    const foreign = (await makePair(kinds.find((other) => other !== kind)!)).publicKey;
    const signing = (await makePair(OKP[0]!)).publicKey;
    await rejects("InvalidAccessError", subtle.deriveBits({ name, public: foreign }, one.privateKey, 128) as never, "another curve");
    await rejects("InvalidAccessError", subtle.deriveBits({ name, public: signing }, one.privateKey, 128) as never, "another algorithm");
    await rejects("InvalidAccessError", subtle.deriveBits({ name, public: other.privateKey }, one.privateKey, 128) as never, "a private one for the public one");
    await rejects("InvalidAccessError", subtle.deriveBits({ name, public: other.publicKey }, one.publicKey, 128) as never, "a public one for the private one");
    await rejects(TypeError, subtle.deriveBits({ name }, one.privateKey, 128) as never, "none");
    await rejects(TypeError, subtle.deriveBits({ name, public: { ...other.publicKey } }, one.privateKey, 128) as never, "no key");
  });
  test(`${describe(kind)}: a key without the usage`, async () => {
    const { privateKey, publicKey } = (await subtle.generateKey(kind.algorithm, false, ["deriveKey"])) as { privateKey: CryptoKey; publicKey: CryptoKey };
    await rejects("InvalidAccessError", subtle.deriveBits({ name, public: publicKey }, privateKey, 128) as never);
  });
}

for (const point of ["00".repeat(32), `01${"00".repeat(31)}`, "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800", "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157", `ec${"ff".repeat(30)}7f`, `ed${"ff".repeat(30)}7f`, `ee${"ff".repeat(30)}7f`]) {
  test(`X25519 with the point of small order ${point.slice(0, 8)}`, async () => {
    const { privateKey } = await makePair(OKP[1]!);
    const weak = await subtle.importKey("raw", Uint8Array.fromHex(point), "X25519", true, []);
    await rejects("OperationError", subtle.deriveBits({ name: "X25519", public: weak }, privateKey, 256) as never);
  });
}
for (const namedCurve of CURVES) {
  test(`a compressed point of ${namedCurve} is read, and exported whole`, async () => {
    const { publicKey } = await makePair({ algorithm: { name: "ECDH", namedCurve }, private: ["deriveBits"], public: [] });
    const point = new Uint8Array((await subtle.exportKey("raw", publicKey)) as ArrayBuffer);
    const compressed = new Uint8Array([2 + (point.at(-1)! & 1), ...point.slice(1, 1 + (point.length >> 1))]);
    const key = await subtle.importKey("raw", compressed, { name: "ECDH", namedCurve }, true, []);
    equal(list((await subtle.exportKey("raw", key)) as ArrayBuffer), list(point));
    await rejects("DataError", subtle.importKey("raw", compressed.map((byte, index) => (index === 0 ? byte : 255)), { name: "ECDH", namedCurve }, true, []) as never);
  });
}
