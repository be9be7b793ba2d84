/** WebCryptoAPI/digest. */
import { HASHES, bytes, equal, list, ok, rejects, subtle, test } from "./support";

const EMPTY: Record<string, string> = {
  "SHA-1": "da39a3ee5e6b4b0d3255bfef95601890afd80709",
  "SHA-256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "SHA-384": "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b",
  "SHA-512": "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
};
const hex = (buffer: ArrayBuffer) => new Uint8Array(buffer).toHex();

for (const hash of HASHES) {
  test(`${hash} of nothing`, async () => equal(hex(await subtle.digest(hash, new Uint8Array())), EMPTY[hash]));
  for (const name of [hash.toLowerCase(), { name: hash }, { name: hash.toUpperCase(), more: 1 }]) {
    test(`${hash} by another spelling of its name, ${JSON.stringify(name)}`, async () => {
      equal(hex(await subtle.digest(name, new ArrayBuffer(0))), EMPTY[hash]);
    });
  }
  for (const size of [1, 100, 100_000]) {
    const source = bytes(size);
    test(`${hash} of ${size} bytes in every kind of view`, async () => {
      const expected = hex(await subtle.digest(hash, source));
      equal(hex(await subtle.digest(hash, source.buffer)), expected, "ArrayBuffer");
      equal(hex(await subtle.digest(hash, new DataView(source.buffer))), expected, "DataView");
      const padded = new Uint8Array(size + 8);
      padded.set(source, 8);
      equal(hex(await subtle.digest(hash, new Int8Array(padded.buffer, 8, size))), expected, "a part of a buffer");
    });
    test(`${hash} of ${size} bytes, altered during the call`, async () => {
      const altered = source.slice();
      altered[0]! ^= 0xff;
      const promise = subtle.digest({ get name() { altered[0] = source[0]!; return hash; } }, altered);
      equal(hex(await promise), hex(await subtle.digest(hash, source)));
    });
    test(`${hash} of ${size} bytes, altered after the call`, async () => {
      const altered = source.slice();
      const promise = subtle.digest(hash, altered);
      altered[0]! ^= 0xff;
      equal(hex(await promise), hex(await subtle.digest(hash, source)));
    });
    test(`${hash} of ${size} bytes, transferred during the call`, async () => {
      const gone = source.slice();
      const promise = subtle.digest({ get name() { gone.buffer.transfer(); return hash; } }, gone);
      equal(hex(await promise), EMPTY[hash]);
    });
    test(`${hash} of ${size} bytes, transferred after the call`, async () => {
      const gone = source.slice();
      const promise = subtle.digest(hash, gone);
      gone.buffer.transfer();
      equal(hex(await promise), hex(await subtle.digest(hash, source)));
    });
  }
}

for (const name of ["AES-GCM", "RSA-OAEP", "PBKDF2", "AES-KW", "md5", "SHA-512/256", "SHA256", "ＳＨＡ-256", "ſHA-256", ""]) {
  test(`"${name}" is no digest`, () => rejects("NotSupportedError", subtle.digest(name, new Uint8Array()) as never) as never);
  test(`{ name: "${name}" } is no digest`, () => rejects("NotSupportedError", subtle.digest({ name }, new Uint8Array()) as never) as never);
}
for (const algorithm of [{}, { name: undefined }, { name: Symbol() }, Symbol()]) {
  test("an algorithm without a name", () => rejects(TypeError, subtle.digest(algorithm, new Uint8Array()) as never) as never);
}
for (const data of [undefined, null, "text", 1, {}, [1, 2], new SharedArrayBuffer(4), new Uint8Array(new SharedArrayBuffer(4))]) {
  test(`no digest of ${Object.prototype.toString.call(data)}`, () => rejects(TypeError, subtle.digest("SHA-256", data) as never) as never);
}
test("too few arguments reject", () => rejects(TypeError, (subtle.digest as (name: string) => Promise<never>)("SHA-256")) as never);
test("the result is a buffer of its own", async () => {
  const digest = await subtle.digest("SHA-256", bytes(3));
  ok(digest instanceof ArrayBuffer);
  equal(list(digest).length, 32);
});
