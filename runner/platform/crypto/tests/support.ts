/** `crypto.subtle` installed, and what its tests share. */
import "../../web/tests/support/test";
import { installCrypto } from "../index";

installCrypto(globalThis, (globalThis as unknown as { __cryptoNatives: never }).__cryptoNatives);

export { equal, ok, rejects, test, throws } from "../../web/tests/support/test";
export const { subtle } = crypto;

export type Usage = "encrypt" | "decrypt" | "sign" | "verify" | "deriveKey" | "deriveBits" | "wrapKey" | "unwrapKey";
export const USAGES: Usage[] = ["encrypt", "decrypt", "sign", "verify", "deriveKey", "deriveBits", "wrapKey", "unwrapKey"];
export const HASHES = ["SHA-1", "SHA-256", "SHA-384", "SHA-512"] as const;
export const CURVES = ["P-256", "P-384", "P-521"] as const;

export interface Algorithm {
  name: string;
  [parameter: string]: unknown;
}

export interface Pair {
  privateKey: CryptoKey;
  publicKey: CryptoKey;
}

/** A kind of key, how it is made, and what it is for. `private` and `public` are the usages of a pair's halves. */
export interface Kind {
  algorithm: Algorithm;
  usages?: Usage[];
  private?: Usage[];
  public?: Usage[];
}

const ciphers: Usage[] = ["encrypt", "decrypt", "wrapKey", "unwrapKey"];
const exponent = new Uint8Array([1, 0, 1]);

export const AES: Kind[] = [
  ...["AES-CBC", "AES-CTR", "AES-GCM"].flatMap((name) => [128, 192, 256].map((length) => ({ algorithm: { name, length }, usages: ciphers }))),
  ...[128, 192, 256].map((length) => ({ algorithm: { name: "AES-KW", length }, usages: ["wrapKey", "unwrapKey"] as Usage[] })),
];
export const HMAC: Kind[] = HASHES.map((hash) => ({ algorithm: { name: "HMAC", hash }, usages: ["sign", "verify"] }));
export const SECRETS: Kind[] = [...AES, ...HMAC];
export const EC: Kind[] = CURVES.flatMap((namedCurve) => [
  { algorithm: { name: "ECDSA", namedCurve }, private: ["sign"], public: ["verify"] } satisfies Kind,
  { algorithm: { name: "ECDH", namedCurve }, private: ["deriveKey", "deriveBits"], public: [] } satisfies Kind,
]);
export const OKP: Kind[] = [
  { algorithm: { name: "Ed25519" }, private: ["sign"], public: ["verify"] },
  { algorithm: { name: "X25519" }, private: ["deriveKey", "deriveBits"], public: [] },
];
export const RSA: Kind[] = ["RSASSA-PKCS1-v1_5", "RSA-PSS"].map((name) => ({
  algorithm: { name, modulusLength: 1024, publicExponent: exponent, hash: "SHA-256" }, private: ["sign"], public: ["verify"],
}));
export const PAIRS: Kind[] = [...EC, ...OKP, ...RSA];

export function usagesOf({ usages, private: secret = [], public: shared = [] }: Kind): Usage[] {
  return usages ?? [...secret, ...shared];
}

export function describe({ algorithm }: Kind): string {
  return Object.values(algorithm).filter((value) => typeof value !== "object").join(" ");
}

/** All subsets but the empty one. */
export function subsets<T>(items: T[]): T[][] {
  return Array.from({ length: 2 ** items.length - 1 }, (_, index) => items.filter((_, bit) => ((index + 1) >> bit) & 1));
}

export function bytes(length: number, step = 7): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, index) => index * step + 3);
}

export async function makePair(kind: Kind): Promise<Pair> {
  return (await subtle.generateKey(kind.algorithm, true, usagesOf(kind))) as Pair;
}

export async function makeSecret(kind: Kind): Promise<CryptoKey> {
  return (await subtle.generateKey(kind.algorithm, true, usagesOf(kind))) as CryptoKey;
}

export function list(buffer: ArrayBuffer | Uint8Array): number[] {
  return [...new Uint8Array(buffer as ArrayBuffer)];
}
