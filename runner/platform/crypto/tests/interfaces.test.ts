/** WebCryptoAPI/idlharness: the shape of the interfaces; and structured cloning. */
import { equal, makePair, makeSecret, ok, OKP, HMAC, bytes, rejects, subtle, test, throws } from "./support";
import { state } from "../../web/tests/support/host";

const METHODS: Record<string, number> = {
  encrypt: 3, decrypt: 3, sign: 3, verify: 4, digest: 2, generateKey: 3, deriveKey: 5, deriveBits: 2, importKey: 5, exportKey: 2, wrapKey: 4, unwrapKey: 7,
};

for (const name of ["CryptoKey", "SubtleCrypto"]) {
  test(`${name} is a global that nobody can construct`, () => {
    const property = Object.getOwnPropertyDescriptor(globalThis, name)!;
    equal([property.writable, property.enumerable, property.configurable], [true, false, true]);
    const target = property.value as new () => unknown;
    equal([target.name, target.length], [name, 0]);
    throws(TypeError, () => new target());
    throws(TypeError, () => (target as unknown as () => void)());
    equal((target.prototype as Record<symbol, unknown>)[Symbol.toStringTag], name);
    equal(Object.getOwnPropertyDescriptor(target, "prototype")!.writable, false);
  });
}
for (const [name, length] of Object.entries(METHODS)) {
  test(`SubtleCrypto.${name}`, async () => {
    const property = Object.getOwnPropertyDescriptor(SubtleCrypto.prototype, name)!;
    equal([property.writable, property.enumerable, property.configurable], [true, true, true]);
    const method = property.value as (...values: unknown[]) => Promise<never>;
    equal([method.name, method.length], [name, length]);
    const values = Array<unknown>(length).fill({});
    await rejects(TypeError, method.apply(undefined, values), "on nothing");
    await rejects(TypeError, method.apply({}, values), "on another object");
    await rejects(TypeError, method.apply(Object.create(subtle), values), "on an heir");
    await rejects(TypeError, method.apply(subtle, values.slice(1)), "too few arguments");
  });
}
test("crypto.subtle", () => {
  ok(crypto.subtle instanceof SubtleCrypto);
  ok(crypto.subtle === crypto.subtle);
  equal(Object.prototype.toString.call(subtle), "[object SubtleCrypto]");
  const property = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(crypto), "subtle")!;
  equal([property.set, property.enumerable, property.configurable], [undefined, true, true]);
  throws(TypeError, () => property.get!.call({}));
});
test("the attributes of a key", async () => {
  const key = await makeSecret(HMAC[1]!);
  equal(Object.prototype.toString.call(key), "[object CryptoKey]");
  for (const name of ["type", "extractable", "algorithm", "usages"]) {
    const property = Object.getOwnPropertyDescriptor(CryptoKey.prototype, name)!;
    equal([property.set, property.enumerable, property.configurable], [undefined, true, true], name);
    throws(TypeError, () => property.get!.call({}), name);
    throws(TypeError, () => property.get!.call(Object.create(key)), name);
  }
  equal(Reflect.ownKeys(key), []);
});
test("what is done to a key's attributes changes no key", async () => {
  const key = (await subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"])) as CryptoKey;
  key.usages.push("verify");
  key.algorithm.hash!.name = "SHA-1";
  key.algorithm.name = "AES-CBC";
  equal((await subtle.sign("HMAC", key, bytes(3))).byteLength, 32);
  await rejects("InvalidAccessError", subtle.verify("HMAC", key, bytes(32), bytes(3)) as never);
});
test("a key is cloned", async () => {
  const key = await makeSecret(HMAC[1]!);
  const clone = structuredClone({ key }).key;
  ok(clone instanceof CryptoKey && clone !== key);
  equal([clone.type, clone.extractable, clone.algorithm, clone.usages], [key.type, key.extractable, key.algorithm, key.usages]);
  equal(await subtle.verify("HMAC", clone, await subtle.sign("HMAC", key, bytes(9)), bytes(9)), true);
});
test("nothing is computed while the module is evaluated, least of all a key", async () => {
  state.imaging = true;
  try {
    const error = (await subtle.generateKey("Ed25519", true, ["sign"]).catch((error: Error) => error)) as Error;
    ok(error.message.includes("use it in the handler"), error.message);
    await rejects(Error, subtle.digest("SHA-1", bytes(1)) as never);
    await rejects(Error, subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["encrypt"]) as never);
    const key = await subtle.importKey("raw", bytes(16), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    equal(key.algorithm.length, 128, "a secret needs no host");
  } finally {
    state.imaging = false;
  }
});
test("a changed Object.prototype lends nothing to a key", async () => {
  const prototype = Object.prototype as Record<string, unknown>;
  prototype.namedCurve = "P-256";
  try {
    const { privateKey } = await makePair(OKP[0]!);
    equal(Object.keys(privateKey.algorithm), ["name"]);
    equal((await subtle.sign("Ed25519", privateKey, bytes(4))).byteLength, 64);
  } finally {
    delete prototype.namedCurve;
  }
});
