/**
 * What `crypto.subtle` asks the runner's Rust side for, which asks the host. The algorithms are numbers, as below; a secret
 * key is its bytes, the keys of a pair are DER: PKCS #8 for the private one, SubjectPublicKeyInfo for the public one.
 *
 * Each function throws an Error whose `name` is that of the DOMException: DataError, OperationError or NotSupportedError.
 * The process is suspended while the host computes.
 */
export interface CryptoNative {
  digest(hash: HashId, data: Uint8Array): Bytes;
  /** `salt` is the length of RSA-PSS's; `hash` and it are 0 where there is none. */
  sign(scheme: SchemeId, hash: HashId, salt: number, key: Uint8Array, data: Uint8Array): Bytes;
  verify(scheme: SchemeId, hash: HashId, salt: number, key: Uint8Array, signature: Uint8Array, data: Uint8Array): boolean;
  /** `iv` is the counter of AES-CTR; `length` the bits of AES-GCM's tag or of that counter. */
  encrypt(cipher: CipherId, key: Uint8Array, data: Uint8Array, iv: Uint8Array, additional: Uint8Array, length: number): Bytes;
  decrypt(cipher: CipherId, key: Uint8Array, data: Uint8Array, iv: Uint8Array, additional: Uint8Array, length: number): Bytes;
  /** `length` is in bytes. */
  hkdf(hash: HashId, secret: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Bytes;
  pbkdf2(hash: HashId, secret: Uint8Array, salt: Uint8Array, iterations: number, length: number): Bytes;
  agree(privateKey: Uint8Array, publicKey: Uint8Array): Bytes;
  generateKey(type: KeyTypeId): [privateKey: Bytes, publicKey: Bytes];
  generateRsaKey(bits: number, exponent: Uint8Array): [privateKey: Bytes, publicKey: Bytes];
  /** Checks a key and makes it DER. */
  readKey(type: KeyTypeId, encoding: EncodingId, bytes: Uint8Array): Bytes;
  /** The numbers of a key, in the order in which a JSON Web Key names them; a public key's come before `d`. */
  splitKey(key: Uint8Array): Bytes[];
  joinKey(type: KeyTypeId, parts: Uint8Array[]): Bytes;
}

export type Bytes = Uint8Array<ArrayBuffer>;

/** SHA-1, SHA-256, SHA-384, SHA-512. */
export type HashId = 0 | 1 | 2 | 3;
/** HMAC, ECDSA, Ed25519, RSASSA-PKCS1-v1_5, RSA-PSS. */
export type SchemeId = 0 | 1 | 2 | 3 | 4;
/** AES-GCM, AES-CBC, AES-CTR, AES-KW. */
export type CipherId = 0 | 1 | 2 | 3;
/** P-256, P-384, P-521, Ed25519, X25519, RSA. */
export type KeyTypeId = 0 | 1 | 2 | 3 | 4 | 5;
/** raw, spki, pkcs8. */
export type EncodingId = 0 | 1 | 2;
