/** Keys and results that Node's implementation made: those that `rusm-crypto` is tested with, through the whole interface. */
import cases from "../../../../crates/rusm-crypto/tests/node/cases.json";
import { equal, list, subtle, test, type Usage } from "./support";

const read = (text: string | undefined) => Uint8Array.fromBase64(text ?? "");
const same = (actual: ArrayBuffer, expected: string) => equal(new Uint8Array(actual).toBase64(), expected);
const data = read(cases.data);

for (const { hash, data, digest } of cases.digest) test(`${hash} of ${data.length} digits`, async () => same(await subtle.digest(hash, read(data)), digest));
for (const { hash, key, tag } of cases.hmac) {
  test(`HMAC ${hash} with ${key.length} digits of key`, async () => {
    const imported = await subtle.importKey("raw", read(key), { name: "HMAC", hash }, false, ["sign", "verify"]);
    same(await subtle.sign("HMAC", imported, data), tag);
    equal(await subtle.verify("HMAC", imported, read(tag), data), true);
  });
}
for (const { hash, key, salt, info, length, derived } of cases.hkdf) {
  test(`HKDF ${hash}, ${length} bytes`, async () => {
    const imported = await subtle.importKey("raw", read(key), "HKDF", false, ["deriveBits"]);
    same(await subtle.deriveBits({ name: "HKDF", hash, salt: read(salt), info: read(info) }, imported, length * 8), derived);
  });
}
for (const { hash, key, salt, iterations, length, derived } of cases.pbkdf2) {
  test(`PBKDF2 ${hash}, ${length} bytes`, async () => {
    const imported = await subtle.importKey("raw", read(key), "PBKDF2", false, ["deriveBits"]);
    same(await subtle.deriveBits({ name: "PBKDF2", hash, salt: read(salt), iterations }, imported, length * 8), derived);
  });
}
cases.cipher.forEach((each, index) => {
  const { name, key, plain, cipher, iv, additional, length } = each as { name: string; key: string; plain: string; cipher: string; iv?: string; additional?: string; length?: number };
  test(`${name}, ${index}`, async () => {
    if (name === "AES-KW") {
      const wrapper = await subtle.importKey("raw", read(key), name, false, ["wrapKey", "unwrapKey"]);
      const hmac = { name: "HMAC", hash: "SHA-256" };
      same(await subtle.wrapKey("raw", await subtle.importKey("raw", read(plain), hmac, true, ["sign"]), wrapper, name), cipher);
      same((await subtle.exportKey("raw", await subtle.unwrapKey("raw", read(cipher), wrapper, name, hmac, true, ["sign"]))) as ArrayBuffer, plain);
      return;
    }
    const imported = await subtle.importKey("raw", read(key), name, false, ["encrypt", "decrypt"]);
    const parameters = { name, iv: read(iv), counter: read(iv), additionalData: read(additional), length, tagLength: length };
    same(await subtle.encrypt(parameters, imported, read(plain)), cipher);
    same(await subtle.decrypt(parameters, imported, read(cipher)), plain);
  });
});

const MEMBERS: Record<string, string[]> = { RSA: ["n", "e", "d", "p", "q", "dp", "dq", "qi"], EC: ["x", "y", "d"], OKP: ["x", "d"] };
const kindOf = (type: string) => (type === "RSA" ? "RSA" : type.startsWith("P-") ? "EC" : "OKP");
const algorithmOf = (type: string, name: string, hash = "SHA-256") => ({ name, hash, namedCurve: type });

for (const { type, pkcs8, spki, parts, public: shared } of cases.keys) {
  const name = { RSA: "RSA-PSS", EC: "ECDSA", OKP: type }[kindOf(type)]!;
  const [secret, open]: [Usage[], Usage[]] = type === "X25519" ? [["deriveBits"], []] : [["sign"], ["verify"]];
  test(`${type} keys in every format, ${pkcs8.length}`, async () => {
    const privateKey = await subtle.importKey("pkcs8", read(pkcs8), algorithmOf(type, name), true, secret);
    const publicKey = await subtle.importKey("spki", read(spki), algorithmOf(type, name), true, open);
    same((await subtle.exportKey("pkcs8", privateKey)) as ArrayBuffer, pkcs8);
    same((await subtle.exportKey("spki", publicKey)) as ArrayBuffer, spki);
    const names = MEMBERS[kindOf(type)]!;
    for (const [key, count] of [[privateKey, parts.length], [publicKey, shared]] as const) {
      const jwk = (await subtle.exportKey("jwk", key)) as Record<string, unknown>;
      names.slice(0, count).forEach((member, index) => equal(list(Uint8Array.fromBase64(jwk[member] as string, { alphabet: "base64url" })), list(read(parts[index]!)), member));
      const again = await subtle.importKey("jwk", jwk, algorithmOf(type, name), true, key.usages);
      same((await subtle.exportKey(count === shared ? "spki" : "pkcs8", again)) as ArrayBuffer, count === shared ? spki : pkcs8);
    }
  });
}
for (const each of cases.signature) {
  const { name, hash, salt, key, signature } = each as { name: string; hash?: string; salt?: number; key: number; signature: string };
  const { type, spki, pkcs8 } = cases.keys[key]!;
  test(`${name} ${hash ?? ""} ${salt ?? ""} by the ${type} key ${key}`, async () => {
    const algorithm = { name, hash, saltLength: salt };
    const publicKey = await subtle.importKey("spki", read(spki), algorithmOf(type, name, hash), false, ["verify"]);
    equal(await subtle.verify(algorithm, publicKey, read(signature), data), true);
    const privateKey = await subtle.importKey("pkcs8", read(pkcs8), algorithmOf(type, name, hash), false, ["sign"]);
    equal(await subtle.verify(algorithm, publicKey, await subtle.sign(algorithm, privateKey, data), data), true);
  });
}
cases.agreement.forEach(({ pkcs8, spki, secret }, index) => {
  test(`a secret that is shared, ${index}`, async () => {
    const found = [...["P-256", "P-384", "P-521"].map((namedCurve) => ({ name: "ECDH", namedCurve })), { name: "X25519" }];
    for (const algorithm of found) {
      const privateKey = await subtle.importKey("pkcs8", read(pkcs8), algorithm, false, ["deriveBits"]).catch(() => undefined);
      if (privateKey === undefined) continue;
      const publicKey = await subtle.importKey("spki", read(spki), algorithm, false, []);
      return same(await subtle.deriveBits({ name: algorithm.name, public: publicKey }, privateKey), secret);
    }
    throw new Error("no algorithm takes the key");
  });
});
