/** WebCryptoAPI/import_export: every format of every kind of key, there and back, and what is no key. */
import { AES, CURVES, EC, HASHES, type Kind, OKP, type Pair, RSA, SECRETS, type Usage, USAGES, bytes, describe, equal, list, makePair, makeSecret, ok, rejects, subsets, subtle, test, usagesOf } from "./support";

type Jwk = Record<string, unknown>;
const encode = (secret: Uint8Array) => secret.toBase64({ alphabet: "base64url", omitPadding: true });
const importAs = (format: string, data: unknown, algorithm: unknown, usages: unknown, extractable = true) => subtle.importKey(format, data, algorithm, extractable, usages);
const jwkOf = async (key: CryptoKey) => (await subtle.exportKey("jwk", key)) as unknown as Jwk;

function refused(name: string, error: string | TypeErrorConstructor, promise: () => Promise<unknown>): void {
  test(name, async () => void (await rejects(error, promise() as never)));
}

// --- Secrets ---

const algs: Record<string, (size: number, hash?: string) => string> = {
  "AES-CBC": (size) => `A${size}CBC`, "AES-CTR": (size) => `A${size}CTR`, "AES-GCM": (size) => `A${size}GCM`, "AES-KW": (size) => `A${size}KW`,
  HMAC: (_, hash) => `HS${hash!.slice(4)}`,
};

for (const kind of SECRETS) {
  const { name, hash, length } = kind.algorithm as { name: string; hash?: string; length?: number };
  const secret = bytes((length ?? 256) / 8);
  const alg = algs[name]!(secret.length * 8, hash);
  for (const usages of subsets(usagesOf(kind))) {
    for (const extractable of [true, false]) {
      test(`${describe(kind)} raw, ${extractable}, [${usages}]`, async () => {
        const key = await importAs("raw", secret, kind.algorithm, usages, extractable);
        equal([key.type, key.extractable, key.algorithm.name, key.algorithm.length], ["secret", extractable, name, secret.length * 8]);
        equal(key.usages, USAGES.filter((usage) => usages.includes(usage)));
        if (extractable) equal(list((await subtle.exportKey("raw", key)) as ArrayBuffer), list(secret));
        else await rejects("InvalidAccessError", subtle.exportKey("raw", key) as never);
      });
      test(`${describe(kind)} jwk, ${extractable}, [${usages}]`, async () => {
        const key = await importAs("jwk", { kty: "oct", k: encode(secret), alg }, kind.algorithm, usages, extractable);
        if (!extractable) return void (await rejects("InvalidAccessError", subtle.exportKey("jwk", key) as never));
        const jwk = await jwkOf(key);
        equal(jwk, { alg, ext: true, k: encode(secret), key_ops: key.usages, kty: "oct" });
        equal(Object.keys(jwk), ["alg", "ext", "k", "key_ops", "kty"]);
      });
    }
  }
  const usages = usagesOf(kind);
  const jwk = { kty: "oct", k: encode(secret) };
  const bad: [string, Jwk][] = [
    ["kty RSA", { kty: "RSA" }], ["no kty", { kty: undefined }], ["no k", { k: undefined }], ["k with padding", { k: `${jwk.k}=` }], ["k with a space", { k: ` ${jwk.k}` }],
    ["k in the other alphabet", { k: "++//".repeat(11).slice(0, jwk.k.length) }], ["another alg", { alg: "XX" }], ["ext false", { ext: false }],
    ["another use", { use: name === "HMAC" ? "enc" : "sig" }], ["key_ops without the usages", { key_ops: [usages[0]] }], ["a key_ops twice", { key_ops: [...usages, usages[0]] }], ["an empty k", { k: "" }],
  ];
  for (const [what, change] of bad) refused(`${describe(kind)} jwk, ${what}`, "DataError", () => importAs("jwk", { ...jwk, ...change }, kind.algorithm, usages));
  for (const usage of USAGES.filter((usage) => !usages.includes(usage))) {
    refused(`${describe(kind)} raw, not for ${usage}`, "SyntaxError", () => importAs("raw", secret, kind.algorithm, [usage]));
    refused(`${describe(kind)} jwk, not for ${usage}`, "SyntaxError", () => importAs("jwk", jwk, kind.algorithm, [usage]));
  }
  refused(`${describe(kind)} raw, for nothing`, "SyntaxError", () => importAs("raw", secret, kind.algorithm, []));
  for (const format of ["spki", "pkcs8"]) {
    refused(`${describe(kind)} ${format}`, "NotSupportedError", () => importAs(format, secret, kind.algorithm, usages));
    test(`${describe(kind)} to ${format}`, async () => void (await rejects("NotSupportedError", subtle.exportKey(format, await makeSecret(kind)) as never)));
  }
  refused(`${describe(kind)} raw, empty`, "DataError", () => importAs("raw", new Uint8Array(), kind.algorithm, usages));
}
for (const { algorithm } of AES) {
  for (const length of [1, 15, 17, 31, 33, 64]) {
    refused(`${algorithm.name} raw of ${length} bytes`, "DataError", () => importAs("raw", bytes(length), algorithm.name, ["wrapKey"]));
    refused(`${algorithm.name} jwk of ${length} bytes`, "DataError", () => importAs("jwk", { kty: "oct", k: encode(bytes(length)) }, algorithm.name, ["wrapKey"]));
  }
}
for (const [length, fits] of [[256, true], [255, true], [249, true], [248, false], [257, false], [0, false]] as const) {
  test(`HMAC raw of 256 bits as one of ${length}`, async () => {
    const promise = importAs("raw", new Uint8Array(32).fill(255), { name: "HMAC", hash: "SHA-256", length }, ["sign"]);
    if (!fits) return void (await rejects("DataError", promise as never));
    const key = await promise;
    equal(key.algorithm.length, length);
    equal(list((await subtle.exportKey("raw", key)) as ArrayBuffer)[31], (0xff << (256 - length)) & 0xff);
  });
}
for (const name of ["HKDF", "PBKDF2"]) {
  for (const usages of subsets<Usage>(["deriveKey", "deriveBits"])) {
    test(`${name} raw, [${usages}]`, async () => {
      const key = await importAs("raw", bytes(11), name, usages, false);
      equal([key.type, key.extractable, key.algorithm, key.usages], ["secret", false, { name }, usages]);
      await rejects("NotSupportedError", subtle.exportKey("raw", key) as never);
    });
  }
  test(`${name} raw, empty`, async () => equal((await importAs("raw", new Uint8Array(), name, ["deriveBits"], false)).type, "secret"));
  refused(`${name}, extractable`, "SyntaxError", () => importAs("raw", bytes(11), name, ["deriveBits"], true));
  refused(`${name}, for nothing`, "SyntaxError", () => importAs("raw", bytes(11), name, [], false));
  for (const usage of USAGES.filter((usage) => !usage.startsWith("derive"))) refused(`${name}, not for ${usage}`, "SyntaxError", () => importAs("raw", bytes(11), name, [usage], false));
  for (const format of ["jwk", "spki", "pkcs8"]) refused(`${name} ${format}`, "NotSupportedError", () => importAs(format, format === "jwk" ? {} : bytes(11), name, ["deriveBits"], false));
}

// --- Pairs ---

const made = new Map<Kind, Promise<Pair>>();
function pairOf(kind: Kind): Promise<Pair> {
  let pair = made.get(kind);
  if (pair === undefined) made.set(kind, (pair = makePair(kind)));
  return pair;
}

for (const kind of [...EC, ...OKP, ...RSA]) {
  const isRsa = RSA.includes(kind);
  const formats: [string, "privateKey" | "publicKey"][] = [["spki", "publicKey"], ["pkcs8", "privateKey"], ["jwk", "publicKey"], ["jwk", "privateKey"]];
  if (!isRsa) formats.push(["raw", "publicKey"]);
  for (const [format, half] of formats) {
    const possible = half === "privateKey" ? kind.private! : kind.public!;
    const sets = half === "publicKey" ? [[], ...subsets(possible)] : subsets(possible);
    for (const usages of sets) {
      for (const extractable of [true, false]) {
        test(`${describe(kind)} ${format} of the ${half}, ${extractable}, [${usages}]`, async () => {
          const exported = await subtle.exportKey(format, (await pairOf(kind))[half]);
          if (!(exported instanceof ArrayBuffer)) (exported as Jwk).key_ops = [...possible];
          const key = await importAs(format, exported, kind.algorithm, usages, extractable);
          equal([key.type, key.extractable, key.usages], [half.slice(0, -3), extractable, usages]);
          equal(key.algorithm, (await pairOf(kind))[half].algorithm);
          if (!extractable) return void (await rejects("InvalidAccessError", subtle.exportKey(format, key) as never));
          const again = await subtle.exportKey(format, key);
          if (again instanceof ArrayBuffer) equal(list(again), list(exported as ArrayBuffer));
          else equal(again, { ...(exported as object), key_ops: key.usages });
        });
      }
    }
    for (const usage of USAGES.filter((usage) => !possible.includes(usage))) {
      test(`${describe(kind)} ${format} of the ${half}, not for ${usage}`, async () => {
        const exported = await subtle.exportKey(format, (await pairOf(kind))[half]);
        await rejects("SyntaxError", importAs(format, exported, kind.algorithm, [usage]) as never);
      });
    }
    if (half === "privateKey") {
      test(`${describe(kind)} ${format} of the private key, for nothing`, async () => {
        const exported = await subtle.exportKey(format, (await pairOf(kind))[half]);
        await rejects("SyntaxError", importAs(format, exported, kind.algorithm, []) as never);
      });
    }
    if (format !== "jwk") {
      const other = half === "privateKey" ? "publicKey" : "privateKey";
      test(`${describe(kind)}: the ${other} has no ${format}`, async () => void (await rejects("InvalidAccessError", subtle.exportKey(format, (await pairOf(kind))[other]) as never)));
      test(`${describe(kind)} ${format}, cut off, too long, of nothing, damaged`, async () => {
        const exported = new Uint8Array((await subtle.exportKey(format, (await pairOf(kind))[half])) as ArrayBuffer);
        for (const data of [exported.slice(0, -1), new Uint8Array([...exported, 0]), new Uint8Array()]) await rejects("DataError", importAs(format, data, kind.algorithm, possible) as never);
        if (format !== "raw") await rejects("DataError", importAs(format, exported.map((byte, index) => (index === 1 ? byte ^ 0xff : byte)), kind.algorithm, possible) as never);
      });
    }
  }
  if (isRsa) {
    test(`${describe(kind)} has no raw form`, async () => {
      await rejects("NotSupportedError", importAs("raw", bytes(128), kind.algorithm, kind.public) as never);
      await rejects("NotSupportedError", subtle.exportKey("raw", (await pairOf(kind)).publicKey) as never);
    });
  }
  test(`${describe(kind)} jwk: the order of its members, and what they say`, async () => {
    const { privateKey, publicKey } = await pairOf(kind);
    const jwk = await jwkOf(privateKey);
    equal(Object.keys(jwk), Object.keys(jwk).sort());
    equal([jwk.kty, jwk.ext, jwk.key_ops], [isRsa ? "RSA" : OKP.includes(kind) ? "OKP" : "EC", true, privateKey.usages]);
    ok(!("d" in (await jwkOf(publicKey))));
  });
  for (const half of ["privateKey", "publicKey"] as const) {
    const bad: [string, (jwk: Jwk) => Jwk][] = [
      ["another kty", (jwk) => ({ ...jwk, kty: "oct" })],
      ["no kty", ({ kty: _, ...jwk }) => jwk],
      ["key_ops twice", (jwk) => ({ ...jwk, key_ops: [...(jwk.key_ops as string[]), "sign", "sign"] })],
      ["ext false", (jwk) => ({ ...jwk, ext: false })],
      ["a number that is no base64url", (jwk) => ({ ...jwk, [isRsa ? "n" : "x"]: "a+b/" })],
      ["a number missing", ({ [isRsa ? "e" : "x"]: _, ...jwk }) => jwk],
      ["a number of no bytes", (jwk) => ({ ...jwk, [isRsa ? "n" : "x"]: "" })],
    ];
    if ((half === "privateKey" ? kind.private! : kind.public!).length > 0) {
      bad.push(["another use", (jwk) => ({ ...jwk, use: kind.private!.includes("sign") ? "enc" : "sig" })]);
      bad.push(["key_ops without the usage", (jwk) => ({ ...jwk, key_ops: ["encrypt"] })]);
    }
    if (!isRsa) bad.push(["another crv", (jwk) => ({ ...jwk, crv: "P-1024" })], ["no crv", ({ crv: _, ...jwk }) => jwk]);
    if (kind.private!.includes("sign")) bad.push(["another alg", (jwk) => ({ ...jwk, alg: "HS256" })]);
    for (const [what, change] of bad) {
      test(`${describe(kind)} jwk of the ${half}, ${what}`, async () => {
        const jwk = change(await jwkOf((await pairOf(kind))[half]));
        await rejects("DataError", importAs("jwk", jwk, kind.algorithm, half === "privateKey" ? kind.private : kind.public) as never);
      });
    }
  }
  test(`${describe(kind)} jwk whose halves do not fit`, async () => {
    const [one, other] = [await jwkOf((await pairOf(kind)).privateKey), await jwkOf((await makePair(kind)).privateKey)];
    await rejects("DataError", importAs("jwk", { ...one, d: other.d }, kind.algorithm, kind.private) as never);
  });
}

for (const kind of RSA) {
  test(`${describe(kind)} jwk with other primes, or without those it has`, async () => {
    const jwk = await jwkOf((await pairOf(kind)).privateKey);
    await rejects("NotSupportedError", importAs("jwk", { ...jwk, oth: [] }, kind.algorithm, ["sign"]) as never);
    for (const member of ["p", "q", "dp", "dq", "qi"]) await rejects("DataError", importAs("jwk", { ...jwk, [member]: undefined }, kind.algorithm, ["sign"]) as never, member);
  });
  for (const hash of HASHES) {
    test(`${kind.algorithm.name} jwk for ${hash}`, async () => {
      const spki = await subtle.exportKey("spki", (await pairOf(kind)).publicKey);
      const key = await importAs("spki", spki, { name: kind.algorithm.name, hash }, ["verify"]);
      const jwk = await jwkOf(key);
      equal(jwk.alg, (kind.algorithm.name === "RSA-PSS" ? "PS" : "RS") + hash.slice(4));
      await rejects("DataError", importAs("jwk", jwk, { name: kind.algorithm.name, hash: hash === "SHA-1" ? "SHA-256" : "SHA-1" }, ["verify"]) as never);
    });
  }
}
for (const namedCurve of CURVES) {
  test(`ECDSA ${namedCurve} as a key of another curve`, async () => {
    const { publicKey } = await makePair({ algorithm: { name: "ECDSA", namedCurve }, private: ["sign"], public: ["verify"] });
    const other = namedCurve === "P-256" ? "P-384" : "P-256";
    for (const format of ["spki", "raw", "jwk"]) await rejects("DataError", importAs(format, await subtle.exportKey(format, publicKey), { name: "ECDSA", namedCurve: other }, ["verify"]) as never, format);
  });
}
test("an Ed25519 key whose alg is EdDSA, as of RFC 8037", async () => {
  const jwk = await jwkOf((await pairOf(OKP[0]!)).publicKey);
  equal(jwk.alg, "Ed25519");
  equal((await importAs("jwk", { ...jwk, alg: "EdDSA" }, "Ed25519", ["verify"])).type, "public");
});

// --- Arguments ---

for (const format of ["RAW", "der", "", undefined, null, 1]) refused(`the format ${format}`, TypeError, () => importAs(format as never, bytes(16), "AES-GCM", ["encrypt"]));
refused("raw of an object", TypeError, () => importAs("raw", { kty: "oct" }, "AES-GCM", ["encrypt"]));
refused("jwk of bytes", TypeError, () => importAs("jwk", bytes(16), "AES-GCM", ["encrypt"]));
refused("raw of a string", TypeError, () => importAs("raw", "secret", "AES-GCM", ["encrypt"]));
refused("an unknown algorithm", "NotSupportedError", () => importAs("raw", bytes(16), "AES-ECB", ["encrypt"]));
refused("an unknown usage", TypeError, () => importAs("raw", bytes(16), "AES-GCM", ["Encrypt"]));
refused("a usage of no list", TypeError, () => importAs("raw", bytes(16), "AES-GCM", "encrypt"));
refused("no key to export", TypeError, () => subtle.exportKey("raw", {} as never));
