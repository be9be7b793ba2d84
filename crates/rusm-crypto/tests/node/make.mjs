// Writes cases.json: keys and results of another implementation, Node's (OpenSSL).
// Run it once with Node 20 or later; the tests read what it wrote: node make.mjs > cases.json

const { subtle } = globalThis.crypto;
const hashes = ["SHA-1", "SHA-256", "SHA-384", "SHA-512"];
const base64 = (bytes) => Buffer.from(bytes).toString("base64");
const text = (string) => new TextEncoder().encode(string);
const bytes = (length, step = 7) => Uint8Array.from({ length }, (_, index) => (index * step + 3) & 255);
const data = text("The quick brown fox jumps over the lazy dog, again and again.");

async function keys(algorithm, usages) {
  const { privateKey, publicKey } = await subtle.generateKey(algorithm, true, usages);
  return { privateKey, publicKey, ...(await exported(privateKey, publicKey)) };
}

async function exported(privateKey, publicKey) {
  const jwk = await subtle.exportKey("jwk", privateKey);
  const parts = ["n", "e", "x", "y", "d", "p", "q", "dp", "dq", "qi"].filter((name) => name in jwk);
  return {
    pkcs8: base64(await subtle.exportKey("pkcs8", privateKey)),
    spki: base64(await subtle.exportKey("spki", publicKey)),
    parts: parts.map((name) => base64(Buffer.from(jwk[name], "base64url"))),
  };
}

const cases = { data: base64(data), digest: [], hmac: [], hkdf: [], pbkdf2: [], cipher: [], keys: [], signature: [], agreement: [] };

for (const hash of hashes) {
  for (const length of [0, 1, 55, 64, 111, 128, 1000]) {
    cases.digest.push({ hash, data: base64(bytes(length)), digest: base64(await subtle.digest(hash, bytes(length))) });
  }
  for (const length of [1, 20, 64, 65, 200]) {
    const key = await subtle.importKey("raw", bytes(length), { name: "HMAC", hash }, false, ["sign"]);
    cases.hmac.push({ hash, key: base64(bytes(length)), tag: base64(await subtle.sign("HMAC", key, data)) });
  }
  for (const [salt, info, length] of [[0, 0, 16], [16, 5, 48], [200, 30, 100]]) {
    const key = await subtle.importKey("raw", bytes(22), "HKDF", false, ["deriveBits"]);
    const parameters = { name: "HKDF", hash, salt: bytes(salt), info: bytes(info) };
    const derived = base64(await subtle.deriveBits(parameters, key, length * 8));
    cases.hkdf.push({ hash, key: base64(bytes(22)), salt: base64(bytes(salt)), info: base64(bytes(info)), length, derived });
  }
  for (const [password, salt, iterations, length] of [[0, 8, 1, 20], [8, 0, 2, 33], [100, 16, 1500, 70]]) {
    const key = await subtle.importKey("raw", bytes(password), "PBKDF2", false, ["deriveBits"]);
    const parameters = { name: "PBKDF2", hash, salt: bytes(salt), iterations };
    const derived = base64(await subtle.deriveBits(parameters, key, length * 8));
    cases.pbkdf2.push({ hash, key: base64(bytes(password)), salt: base64(bytes(salt)), iterations, length, derived });
  }
}

for (const size of [16, 24, 32]) {
  const key = bytes(size, 11);
  const encrypted = async (name, parameters, plain, fields) => {
    const imported = await subtle.importKey("raw", key, name, false, ["encrypt"]);
    const cipher = base64(await subtle.encrypt({ name, ...parameters }, imported, plain));
    cases.cipher.push({ name, key: base64(key), plain: base64(plain), cipher, ...fields });
  };
  for (const length of [0, 1, 15, 16, 17, 512, 1000]) {
    const plain = bytes(length, 5);
    const iv = bytes(16, 13);
    await encrypted("AES-CBC", { iv }, plain, { iv: base64(iv) });
    await encrypted("AES-CTR", { counter: iv, length: 64 }, plain, { iv: base64(iv), length: 64 });
    for (const [ivLength, tagLength, extra] of [[12, 128, 0], [12, 96, 20], [13, 32, 1], [16, 64, 16], [15, 104, 33]]) {
      const nonce = bytes(ivLength, 17);
      const additionalData = bytes(extra, 19);
      await encrypted("AES-GCM", { iv: nonce, additionalData, tagLength }, plain, {
        iv: base64(nonce), additional: base64(additionalData), length: tagLength,
      });
    }
  }
  // The counter's end is near, so that it wraps within its bits.
  for (const length of [1, 7, 8, 9, 32, 65, 128]) {
    const counter = new Uint8Array(16).fill(255);
    const plain = bytes(length === 1 ? 32 : 100, 5);
    await encrypted("AES-CTR", { counter, length }, plain, { iv: base64(counter), length });
  }
  const wrapping = await subtle.importKey("raw", key, "AES-KW", false, ["wrapKey"]);
  for (const length of [16, 24, 32, 64]) {
    const inner = await subtle.importKey("raw", bytes(length, 5), { name: "HMAC", hash: "SHA-256" }, true, ["sign"]);
    const cipher = base64(await subtle.wrapKey("raw", inner, wrapping, "AES-KW"));
    cases.cipher.push({ name: "AES-KW", key: base64(key), plain: base64(bytes(length, 5)), cipher });
  }
}

for (const namedCurve of ["P-256", "P-384", "P-521"]) {
  const pair = await keys({ name: "ECDSA", namedCurve }, ["sign", "verify"]);
  const { pkcs8, spki, parts } = pair;
  cases.keys.push({ type: namedCurve, pkcs8, spki, parts, public: 2 });
  for (const hash of hashes) {
    const signature = base64(await subtle.sign({ name: "ECDSA", hash }, pair.privateKey, data));
    cases.signature.push({ name: "ECDSA", hash, key: cases.keys.length - 1, signature });
  }
  const one = await keys({ name: "ECDH", namedCurve }, ["deriveBits"]);
  const other = await keys({ name: "ECDH", namedCurve }, ["deriveBits"]);
  const secret = base64(await subtle.deriveBits({ name: "ECDH", public: other.publicKey }, one.privateKey, null));
  cases.agreement.push({ pkcs8: one.pkcs8, spki: other.spki, secret });
  cases.agreement.push({ pkcs8: other.pkcs8, spki: one.spki, secret });
}

for (const [name, usages] of [["Ed25519", ["sign", "verify"]], ["X25519", ["deriveBits"]]]) {
  const pair = await keys({ name }, usages);
  const { pkcs8, spki, parts } = pair;
  cases.keys.push({ type: name, pkcs8, spki, parts, public: 1 });
  if (name === "Ed25519") {
    const signature = base64(await subtle.sign(name, pair.privateKey, data));
    cases.signature.push({ name, key: cases.keys.length - 1, signature });
  } else {
    const other = await keys({ name }, usages);
    const secret = base64(await subtle.deriveBits({ name, public: other.publicKey }, pair.privateKey, 256));
    cases.agreement.push({ pkcs8, spki: other.spki, secret });
  }
}

for (const modulusLength of [1024, 2048, 2056]) {
  const algorithm = { name: "RSASSA-PKCS1-v1_5", modulusLength, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" };
  const { pkcs8, spki, parts } = await keys(algorithm, ["sign", "verify"]);
  cases.keys.push({ type: "RSA", pkcs8, spki, parts, public: 2 });
  for (const hash of hashes) {
    const imported = (name) => subtle.importKey("pkcs8", Buffer.from(pkcs8, "base64"), { name, hash }, false, ["sign"]);
    const pkcs1 = await subtle.sign("RSASSA-PKCS1-v1_5", await imported("RSASSA-PKCS1-v1_5"), data);
    cases.signature.push({ name: "RSASSA-PKCS1-v1_5", hash, key: cases.keys.length - 1, signature: base64(pkcs1) });
    for (const salt of [0, 20, 48]) {
      const pss = await subtle.sign({ name: "RSA-PSS", saltLength: salt }, await imported("RSA-PSS"), data);
      cases.signature.push({ name: "RSA-PSS", hash, salt, key: cases.keys.length - 1, signature: base64(pss) });
    }
  }
}

process.stdout.write(`${JSON.stringify(cases, null, 1)}\n`);
