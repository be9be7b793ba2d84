/** WebCryptoAPI/encrypt_decrypt; vectors of another implementation are in node.test.ts. */
import { AES, type Usage, bytes, describe, equal, list, makeSecret, ok, rejects, subtle, test } from "./support";

const data = bytes(300);
const parameters: Record<string, object> = {
  "AES-CBC": { name: "AES-CBC", iv: bytes(16, 3) },
  "AES-CTR": { name: "AES-CTR", counter: bytes(16, 3), length: 64 },
  "AES-GCM": { name: "AES-GCM", iv: bytes(12, 3), additionalData: bytes(30, 5) },
};

for (const kind of AES.filter(({ algorithm }) => algorithm.name !== "AES-KW")) {
  const with_ = parameters[kind.algorithm.name]!;
  for (const length of [0, 1, 16, 300, 100_000]) {
    test(`${describe(kind)} round trip of ${length} bytes`, async () => {
      const key = await makeSecret(kind);
      const encrypted = await subtle.encrypt(with_, key, bytes(length));
      ok(encrypted instanceof ArrayBuffer);
      if (length > 0) ok(list(encrypted).slice(0, length).join() !== bytes(length).join());
      equal(list(await subtle.decrypt(with_, key, encrypted)), list(bytes(length)));
    });
  }
  test(`${describe(kind)} with everything altered after the call`, async () => {
    const key = await makeSecret(kind);
    const altered = data.slice();
    const iv = ("iv" in with_ ? with_.iv : (with_ as { counter: Uint8Array }).counter) as Uint8Array;
    const own = { ...with_, ["iv" in with_ ? "iv" : "counter"]: iv.slice() } as Record<string, Uint8Array>;
    const encrypting = subtle.encrypt(own, key, altered);
    altered.fill(0);
    (own.iv ?? own.counter)!.fill(0);
    equal(list(await subtle.decrypt(with_, key, await encrypting)), list(data));
  });
  test(`${describe(kind)} needs a key with the usage and the algorithm`, async () => {
    const only = async (usage: Usage) => (await subtle.generateKey(kind.algorithm, false, [usage])) as CryptoKey;
    await rejects("InvalidAccessError", subtle.encrypt(with_, await only("decrypt"), data) as never);
    await rejects("InvalidAccessError", subtle.decrypt(with_, await only("encrypt"), data) as never);
    const other = parameters[kind.algorithm.name === "AES-CBC" ? "AES-GCM" : "AES-CBC"]!;
    await rejects("InvalidAccessError", subtle.encrypt(other, await only("encrypt"), data) as never);
    await rejects("InvalidAccessError", subtle.decrypt(other, await only("decrypt"), data) as never);
  });
}

async function gcm(): Promise<CryptoKey> {
  return makeSecret({ algorithm: { name: "AES-GCM", length: 128 }, usages: ["encrypt", "decrypt"] });
}
for (const tagLength of [32, 64, 96, 104, 112, 120, 128]) {
  test(`AES-GCM with a tag of ${tagLength} bits`, async () => {
    const key = await gcm();
    const algorithm = { name: "AES-GCM", iv: bytes(12), tagLength };
    const encrypted = new Uint8Array(await subtle.encrypt(algorithm, key, data));
    equal(encrypted.length, data.length + tagLength / 8);
    equal(list(await subtle.decrypt(algorithm, key, encrypted)), list(data));
    encrypted[0]! ^= 1;
    await rejects("OperationError", subtle.decrypt(algorithm, key, encrypted) as never);
    await rejects("OperationError", subtle.decrypt(algorithm, key, encrypted.slice(0, tagLength / 8 - 1)) as never);
  });
}
for (const tagLength of [0, 16, 24, 48, 95, 129, 136, 255]) {
  test(`AES-GCM has no tag of ${tagLength} bits`, async () => {
    await rejects("OperationError", subtle.encrypt({ name: "AES-GCM", iv: bytes(12), tagLength }, await gcm(), data) as never);
    await rejects("OperationError", subtle.decrypt({ name: "AES-GCM", iv: bytes(12), tagLength }, await gcm(), data) as never);
  });
}
test("AES-GCM with a tag that is no octet", async () => {
  await rejects(TypeError, subtle.encrypt({ name: "AES-GCM", iv: bytes(12), tagLength: 256 }, await gcm(), data) as never);
});
for (const length of [1, 8, 12, 16, 17, 60, 1000]) {
  test(`AES-GCM with a nonce of ${length} bytes`, async () => {
    const key = await gcm();
    const algorithm = { name: "AES-GCM", iv: bytes(length) };
    equal(list(await subtle.decrypt(algorithm, key, await subtle.encrypt(algorithm, key, data))), list(data));
  });
}
test("AES-GCM with other data beside it", async () => {
  const key = await gcm();
  const encrypted = await subtle.encrypt({ name: "AES-GCM", iv: bytes(12), additionalData: bytes(3) }, key, data);
  await rejects("OperationError", subtle.decrypt({ name: "AES-GCM", iv: bytes(12), additionalData: bytes(4) }, key, encrypted) as never);
  await rejects("OperationError", subtle.decrypt({ name: "AES-GCM", iv: bytes(12) }, key, encrypted) as never);
});
for (const length of [0, 8, 15, 17]) {
  test(`AES-CBC with ${length} bytes of initialization vector`, async () => {
    const key = await makeSecret({ algorithm: { name: "AES-CBC", length: 256 }, usages: ["encrypt", "decrypt"] });
    await rejects("OperationError", subtle.encrypt({ name: "AES-CBC", iv: bytes(length) }, key, data) as never);
    await rejects("OperationError", subtle.decrypt({ name: "AES-CBC", iv: bytes(length) }, key, bytes(16)) as never);
  });
}
test("AES-CBC of what has no padding", async () => {
  const key = await makeSecret({ algorithm: { name: "AES-CBC", length: 256 }, usages: ["encrypt", "decrypt"] });
  const iv = bytes(16);
  for (const length of [0, 1, 15, 17]) await rejects("OperationError", subtle.decrypt({ name: "AES-CBC", iv }, key, bytes(length)) as never, `${length}`);
  // The last block of two, altered in the one before, has another last byte: a padding of more than a block.
  const encrypted = new Uint8Array(await subtle.encrypt({ name: "AES-CBC", iv }, key, bytes(16)));
  encrypted[15]! ^= 0x40;
  await rejects("OperationError", subtle.decrypt({ name: "AES-CBC", iv }, key, encrypted) as never);
});
for (const [counter, length] of [[15, 64], [17, 64], [16, 0], [16, 129]] as const) {
  test(`AES-CTR with ${counter} bytes of which ${length} bits count`, async () => {
    const key = await makeSecret({ algorithm: { name: "AES-CTR", length: 256 }, usages: ["encrypt", "decrypt"] });
    await rejects("OperationError", subtle.encrypt({ name: "AES-CTR", counter: bytes(counter), length }, key, data) as never);
    await rejects("OperationError", subtle.decrypt({ name: "AES-CTR", counter: bytes(counter), length }, key, data) as never);
  });
}
test("AES-CTR with more data than its counter counts", async () => {
  const key = await makeSecret({ algorithm: { name: "AES-CTR", length: 256 }, usages: ["encrypt"] });
  equal((await subtle.encrypt({ name: "AES-CTR", counter: bytes(16), length: 4 }, key, bytes(256))).byteLength, 256);
  await rejects("OperationError", subtle.encrypt({ name: "AES-CTR", counter: bytes(16), length: 4 }, key, bytes(257)) as never);
});
for (const [name, algorithm] of [["AES-GCM", {}], ["AES-CBC", {}], ["AES-CTR", { length: 64 }], ["AES-CTR", { counter: bytes(16) }], ["AES-CBC", { iv: [1, 2] }], ["AES-GCM", { iv: "text" }]] as const) {
  test(`${name} with ${JSON.stringify(algorithm)}`, async () => {
    const key = await makeSecret({ algorithm: { name, length: 128 }, usages: ["encrypt"] });
    await rejects(TypeError, subtle.encrypt({ name, ...algorithm }, key, data) as never);
  });
}
for (const name of ["AES-KW", "RSA-OAEP", "HMAC", "AES-ECB"]) {
  test(`${name} encrypts nothing`, async () => {
    await rejects("NotSupportedError", subtle.encrypt(name, await gcm(), data) as never);
    await rejects("NotSupportedError", subtle.decrypt(name, await gcm(), data) as never);
  });
}
