import { SECRET, describeInterface, domString } from "../web/webidl";
import { sequence } from "./idl";

export type KeyType = "secret" | "private" | "public";
export type KeyUsage = (typeof USAGES)[number];

/** In the order in which a key lists them. */
const USAGES = ["encrypt", "decrypt", "sign", "verify", "deriveKey", "deriveBits", "wrapKey", "unwrapKey"] as const;

/** What `key.algorithm` shows. */
export interface KeyAlgorithm {
  name: string;
  hash?: { name: string };
  length?: number;
  namedCurve?: string;
  modulusLength?: number;
  publicExponent?: Uint8Array;
}

/** What belongs to a key and is not to be changed from outside. */
export interface Slots {
  readonly type: KeyType;
  readonly extractable: boolean;
  readonly algorithm: KeyAlgorithm;
  readonly usages: KeyUsage[];
  /** The secret itself, or DER. */
  readonly bytes: Uint8Array;
}

export interface KeyPair {
  privateKey: CryptoKey;
  publicKey: CryptoKey;
}

/** What a key holds. */
export let slotsOf: (key: CryptoKey) => Slots;
export let isKey: (value: unknown) => value is CryptoKey;

/** A key of the Web Cryptography API; only `crypto.subtle` makes them. */
export class CryptoKey {
  readonly #slots: Slots;
  /** Copies, so that what is done to them changes no key; always the same ones, as the specification has it. */
  #algorithm: KeyAlgorithm | undefined;
  #usages: KeyUsage[] | undefined;

  constructor(...internal: unknown[]) {
    if (internal[0] !== SECRET) throw new TypeError("Illegal constructor");
    this.#slots = internal[1] as Slots;
  }

  get type(): KeyType {
    return this.#slots.type;
  }

  get extractable(): boolean {
    return this.#slots.extractable;
  }

  get algorithm(): KeyAlgorithm {
    this.#algorithm ??= shown(this.#slots.algorithm);
    return this.#algorithm;
  }

  get usages(): KeyUsage[] {
    this.#usages ??= [...this.#slots.usages];
    return this.#usages;
  }

  static {
    slotsOf = (key) => key.#slots;
    isKey = (value): value is CryptoKey => typeof value === "object" && value !== null && #slots in value;
  }
}

describeInterface(CryptoKey, "CryptoKey");

function shown(algorithm: KeyAlgorithm): KeyAlgorithm {
  const copy = { ...algorithm };
  if (copy.hash !== undefined) copy.hash = { name: copy.hash.name };
  if (copy.publicExponent !== undefined) copy.publicExponent = copy.publicExponent.slice();
  return copy;
}

export function makeKey(slots: Slots): CryptoKey {
  return new CryptoKey(SECRET, slots);
}

/** An argument that is to be a key. */
export function keyArgument(value: unknown): CryptoKey {
  if (!isKey(value)) throw new TypeError("the key is no CryptoKey");
  return value;
}

/** A `sequence<KeyUsage>`. */
export function usagesArgument(value: unknown): KeyUsage[] {
  const usages = sequence(value, "the list of usages").map(domString);
  for (const usage of usages) {
    if (!USAGES.includes(usage as KeyUsage)) throw new TypeError(`"${usage}" is no usage of a key`);
  }
  return usages as KeyUsage[];
}

/** Each usage once, in their order, of those that may be. */
export function usagesAmong(usages: KeyUsage[], possible: readonly KeyUsage[] = USAGES): KeyUsage[] {
  return USAGES.filter((usage) => usages.includes(usage) && possible.includes(usage));
}

/** Whether a word is a usage that `key_ops` of a JSON Web Key may name. */
export function isUsage(word: string): boolean {
  return USAGES.includes(word as KeyUsage);
}
