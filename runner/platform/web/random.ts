import { console } from "./console";
import { DOMException } from "./exception";
import { native, refuseWhileImaging, rust } from "./host";
import { SECRET, describeInterface, needArguments } from "./webidl";

let warned = false;

/**
 * Math.random. Each process seeds it when it first asks. While the module is evaluated there is no chance that processes
 * would not share: a fixed seed then, and a warning.
 */
export function random(): number {
  const next = rust.nextRandom();
  return next >= 0 ? next : seeded();
}
Object.defineProperty(random, "name", { value: "random" });

function seeded(): number {
  if (native.imaging()) {
    if (!warned) console.warn("Math.random() at module scope gives the same value in every process: call it in the handler");
    warned = true;
    return imagingRandom();
  }
  const seed = new Uint8Array(16);
  native.random(seed);
  rust.seedRandom(seed);
  return rust.nextRandom();
}

let imagingState = 1;

/** Marsaglia's xorshift: what a module does with it in its evaluation is the same everywhere anyway. */
function imagingRandom(): number {
  imagingState ^= imagingState << 13;
  imagingState ^= imagingState >>> 17;
  imagingState ^= imagingState << 5;
  return (imagingState >>> 0) / 4294967296;
}

const INTEGER_ARRAYS = new Set([
  "Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array", "BigInt64Array", "BigUint64Array",
]);
const tagOf = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)!.get!;

export class Crypto {
  #brand = true;

  constructor(secret?: unknown) {
    if (secret !== SECRET) throw new TypeError("Illegal constructor");
  }

  getRandomValues<T extends ArrayBufferView>(array: T): T {
    void this.#brand;
    needArguments(arguments.length, 1, "getRandomValues");
    if (!ArrayBuffer.isView(array)) throw new TypeError("getRandomValues fills a typed array");
    if (!INTEGER_ARRAYS.has(tagOf.call(array) as string)) {
      throw new DOMException("getRandomValues fills arrays of integers", "TypeMismatchError");
    }
    if (array.byteLength > 65536) throw new DOMException("getRandomValues fills at most 65,536 bytes at once", "QuotaExceededError");
    refuseWhileImaging("crypto.getRandomValues");
    native.random(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return array;
  }

  randomUUID(): string {
    void this.#brand;
    refuseWhileImaging("crypto.randomUUID");
    const bytes = new Uint8Array(16);
    native.random(bytes);
    bytes[6] = (bytes[6]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    const hex = bytes.toHex();
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }
}

describeInterface(Crypto, "Crypto");
export const crypto = new Crypto(SECRET);
