/** The conversions and shapes of Web IDL that the classes here share. */

/** Only the modules here can pass it, so that a constructor knows who calls. */
export const SECRET: unique symbol = Symbol("internal");

export function needArguments(given: number, needed: number, name: string): void {
  if (given < needed) {
    throw new TypeError(`${name} needs ${needed} argument${needed === 1 ? "" : "s"}, got ${given}`);
  }
}

/** A DOMString; symbols throw. */
export function domString(value: unknown): string {
  return typeof value === "string" ? value : `${value as string}`;
}

/** A USVString: no surrogate without its other half. */
export function usvString(value: unknown): string {
  return (typeof value === "string" ? value : `${value as string}`).toWellFormed();
}

/** A dictionary: undefined and null are empty ones. */
export function dictionary<T extends object>(value: T | null | undefined, name: string): Partial<T> {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" && typeof value !== "function") throw new TypeError(`${name} is not an object`);
  return value;
}

/** `unsigned long long` with [EnforceRange]. */
export function enforceRange(value: unknown, max: number, name: string): number {
  const number = Math.trunc(Number(value));
  if (!Number.isFinite(Number(value)) || number < 0 || number > max) throw new TypeError(`${name} is out of range`);
  return number + 0;
}

/** `long long` with [Clamp], as Blob's `slice` has it. */
export function clampInteger(value: unknown): number {
  const number = Number(value);
  if (Number.isNaN(number)) return 0;
  return Math.round(Math.min(Math.max(number, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER));
}

/** The bytes of a BufferSource, not copied; undefined for what is none. */
export function bytesOf(source: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  if (isBuffer(source)) return new Uint8Array(source);
  return undefined;
}

const byteLengthOf = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, "byteLength")!.get!;
const sharedLengthOf = Object.getOwnPropertyDescriptor(SharedArrayBuffer.prototype, "byteLength")!.get!;

export function isArrayBuffer(value: unknown): value is ArrayBuffer {
  return has(byteLengthOf, value);
}

function isBuffer(value: unknown): value is ArrayBuffer {
  return typeof value === "object" && value !== null && (has(byteLengthOf, value) || has(sharedLengthOf, value));
}

/** Whether a getter finds its internal slot there. */
function has(getter: () => unknown, value: unknown): boolean {
  try {
    getter.call(value);
    return true;
  } catch {
    return false;
  }
}

type Class = { prototype: object; name: string };

/** Gives a class the shape of a Web IDL interface: enumerable members, a tag, and its name where bundling changed it. */
export function describeInterface(target: Class, name: string): void {
  const { prototype } = target;
  for (const key of Object.getOwnPropertyNames(prototype)) {
    if (key !== "constructor") Object.defineProperty(prototype, key, { enumerable: true });
  }
  for (const key of Object.getOwnPropertyNames(target)) {
    if (key !== "prototype" && key !== "length" && key !== "name") Object.defineProperty(target, key, { enumerable: true });
  }
  Object.defineProperty(prototype, Symbol.toStringTag, { value: name, configurable: true });
  Object.defineProperty(target, "name", { value: name, configurable: true });
}

/** Constants stand on the class and on its prototype. */
export function constants(target: Class, values: Record<string, number>): void {
  for (const [name, value] of Object.entries(values)) {
    const property = { value, enumerable: true };
    Object.defineProperty(target, name, property);
    Object.defineProperty(target.prototype, name, property);
  }
}

const iteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())) as object;

export type Pair = [name: string, value: string];

interface Cursor<P> {
  at(index: number): P | undefined;
  index: number;
  kind: "key" | "value" | "key+value";
}

/**
 * The iterators of an interface with pairs. They are live: each step looks at the object anew, as Web IDL has it.
 */
export function pairIterators<T extends object, P extends [string, unknown]>(name: string, at: (target: T, index: number) => P | undefined) {
  const cursors = new WeakMap<object, Cursor<P>>();
  const prototype = Object.create(iteratorPrototype, {
    [Symbol.toStringTag]: { value: `${name} Iterator`, configurable: true },
    next: {
      value: function next(this: object): IteratorResult<unknown> {
        const cursor = cursors.get(this);
        if (cursor === undefined) throw new TypeError(`next was not called on an iterator of ${name}`);
        const pair = cursor.at(cursor.index);
        if (pair === undefined) return { value: undefined, done: true };
        cursor.index += 1;
        return { value: cursor.kind === "key" ? pair[0] : cursor.kind === "value" ? pair[1] : pair, done: false };
      },
      enumerable: true,
      configurable: true,
      writable: true,
    },
  });
  return (target: T, kind: Cursor<P>["kind"]): IterableIterator<never> => {
    const iterator = Object.create(prototype);
    cursors.set(iterator, { at: (index) => at(target, index), index: 0, kind });
    return iterator;
  };
}
