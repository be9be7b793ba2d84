import { CompactEncrypt, SignJWT, compactDecrypt, errors, exportJWK, importJWK, importPKCS8, importSPKI, jwtVerify } from "jose";
import { KEYS, SECRET, TOKENS } from "./keys";

const ISSUER = "https://issuer.example";

async function keysOf(alg: string): Promise<{ signing: CryptoKey | Uint8Array; verifying: CryptoKey | Uint8Array }> {
  if (alg === "HS256") {
    const secret = new TextEncoder().encode(SECRET);
    return { signing: secret, verifying: secret };
  }
  const { privateKey, publicKey } = KEYS[alg]!;
  // By way of a JWK, as the keys of most issuers come.
  const jwk = await exportJWK(await importSPKI(publicKey, alg, { extractable: true }));
  return { signing: await importPKCS8(privateKey, alg), verifying: (await importJWK(jwk, alg)) as CryptoKey };
}

async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "accepted";
  } catch (error) {
    return error instanceof errors.JOSEError ? error.code : String(error);
  }
}

/** The same token with another signature. */
function forged(token: string): string {
  const at = token.lastIndexOf(".") + 1;
  return token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
}

export default async function handle(request: Request): Promise<Response> {
  const alg = new URL(request.url).pathname.slice(1);
  const foreign = TOKENS[alg]!;
  const { signing, verifying } = await keysOf(alg);
  const same = await new SignJWT({ iss: ISSUER, sub: "ann", iat: 1_700_000_000 }).setProtectedHeader({ alg }).sign(signing);
  const fresh = await new SignJWT({ n: 1 }).setProtectedHeader({ alg }).setIssuer(ISSUER).setIssuedAt().setExpirationTime("2h").sign(signing);
  const old = await new SignJWT({}).setProtectedHeader({ alg }).setIssuer(ISSUER).setExpirationTime(1).sign(signing);
  const sealed = await new CompactEncrypt(new TextEncoder().encode("hush")).setProtectedHeader({ alg: "dir", enc: "A256GCM" }).encrypt(new TextEncoder().encode(SECRET));
  return Response.json({
    foreign: (await jwtVerify(foreign, verifying, { issuer: ISSUER })).payload.sub,
    own: (await jwtVerify(fresh, verifying, { issuer: ISSUER, algorithms: [alg] })).payload.n,
    same: same === foreign,
    forged: await refusal(jwtVerify(forged(fresh), verifying)),
    expired: await refusal(jwtVerify(old, verifying)),
    issuer: await refusal(jwtVerify(fresh, verifying, { issuer: "https://other.example" })),
    unsealed: new TextDecoder().decode((await compactDecrypt(sealed, new TextEncoder().encode(SECRET))).plaintext),
  });
}
