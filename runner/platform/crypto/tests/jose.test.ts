/** jose, as it comes from npm: JSON Web Tokens signed and verified, keys generated, imported and exported, tokens encrypted. */
// The platform stands before a bundle is evaluated, so it does here.
import { equal, ok, test } from "./support";
import * as jose from "jose";

const claims = { sub: "a user", admin: true };
const expected = (payload: jose.JWTPayload) => equal([payload.sub, payload["admin"]], [claims.sub, claims.admin]);

async function fails(code: string, promise: Promise<unknown>): Promise<void> {
  const error = (await promise.then(() => ({ code: "it was fulfilled" }), (error: unknown) => error)) as { code: string };
  equal(error.code, code, String(error));
}

for (const alg of ["HS256", "HS384", "HS512"]) {
  test(`${alg} by a secret of bytes`, async () => {
    const secret = new TextEncoder().encode("a secret that is long enough for every one of these hash functions, or so it seems");
    const token = await new jose.SignJWT(claims).setProtectedHeader({ alg }).setIssuer("us").setExpirationTime("2h").sign(secret);
    expected((await jose.jwtVerify(token, secret, { issuer: "us" })).payload);
    await fails("ERR_JWS_SIGNATURE_VERIFICATION_FAILED", jose.jwtVerify(token, secret.slice(1)));
    await fails("ERR_JWT_CLAIM_VALIDATION_FAILED", jose.jwtVerify(token, secret, { issuer: "them" }));
  });
}
for (const alg of ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]) {
  test(`${alg}, by a key made here, and by its JWK, PKCS #8 and SPKI`, async () => {
    const { privateKey, publicKey } = await jose.generateKeyPair(alg, { extractable: true });
    const token = await new jose.SignJWT(claims).setProtectedHeader({ alg }).sign(privateKey);
    expected((await jose.jwtVerify(token, publicKey)).payload);
    const tampered = token.replace(/\.[^.]*\./, `.${jose.base64url.encode('{"sub":"another"}')}.`);
    await fails("ERR_JWS_SIGNATURE_VERIFICATION_FAILED", jose.jwtVerify(tampered, publicKey));

    const jwk = await jose.exportJWK(publicKey);
    const set = jose.createLocalJWKSet({ keys: [{ ...jwk, alg, kid: "one" }] });
    const named = await new jose.SignJWT(claims).setProtectedHeader({ alg, kid: "one" }).sign(await jose.importJWK(await jose.exportJWK(privateKey), alg));
    expected((await jose.jwtVerify(named, set)).payload);
    ok((await jose.calculateJwkThumbprint(jwk)).length === 43);

    const again = await jose.importPKCS8(await jose.exportPKCS8(privateKey), alg);
    const token2 = await new jose.SignJWT(claims).setProtectedHeader({ alg }).sign(again);
    expected((await jose.jwtVerify(token2, await jose.importSPKI(await jose.exportSPKI(publicKey), alg))).payload);
  });
}
for (const [alg, enc] of [["dir", "A256GCM"], ["dir", "A128CBC-HS256"], ["A256KW", "A256GCM"], ["A128GCMKW", "A256CBC-HS512"], ["PBES2-HS256+A128KW", "A128GCM"]] as const) {
  test(`${alg} and ${enc}, tokens that are encrypted`, async () => {
    const sizes: Record<string, number> = { A256GCM: 32, "A128CBC-HS256": 32 };
    const length = alg === "dir" ? sizes[enc]! : alg === "A256KW" ? 32 : 16;
    const secret = crypto.getRandomValues(new Uint8Array(length));
    const token = await new jose.EncryptJWT(claims).setProtectedHeader({ alg, enc }).encrypt(secret);
    expected((await jose.jwtDecrypt(token, secret, { keyManagementAlgorithms: [alg] })).payload);
    secret[0]! ^= 1;
    await fails("ERR_JWE_DECRYPTION_FAILED", jose.jwtDecrypt(token, secret, { keyManagementAlgorithms: [alg] }));
  });
}
for (const crv of ["P-256", "P-384", "P-521", "X25519"]) {
  test(`ECDH-ES+A256KW over ${crv}`, async () => {
    const { privateKey, publicKey } = await jose.generateKeyPair("ECDH-ES+A256KW", { crv, extractable: true });
    const token = await new jose.EncryptJWT(claims).setProtectedHeader({ alg: "ECDH-ES+A256KW", enc: "A256GCM" }).encrypt(publicKey);
    expected((await jose.jwtDecrypt(token, privateKey)).payload);
  });
}
