import { AbortController } from "./abort";
import { File, blobBytes, blobOf, isBlob, isFile } from "./blob";
import { EventTarget, Event } from "./event";
import { DOMException } from "./exception";
import { FormData } from "./formdata";
import { Headers } from "./headers";
import { Request } from "./request";
import { Response } from "./response";
import { streamClasses } from "./streams";
import { URL, URLSearchParams } from "./url";
import { isArrayBuffer, needArguments } from "./webidl";

type Copy = (value: object) => object;

/** Platform objects that can be cloned, and how; others among the platform's are refused. */
const cloneable: [is: (value: object) => boolean, copy: Copy][] = [
  [isFile as never, (file) => new File([file as File], (file as File).name, { type: (file as File).type, lastModified: (file as File).lastModified })],
  [isBlob as never, (blob) => blobOf(blobBytes(blob as never), (blob as { type: string }).type)],
  [
    (value) => value instanceof DOMException,
    (value) => new DOMException((value as DOMException).message, (value as DOMException).name),
  ],
];

/** Objects that change hands: the old one is of no use afterwards. */
const transferable: [is: (value: object) => boolean, move: Copy][] = [
  [isArrayBuffer as never, (buffer) => (buffer as ArrayBuffer).transfer()],
];

/** For classes of other modules, keys of cryptography and message ports. */
export function registerCloneable(is: (value: object) => boolean, copy: Copy): void {
  cloneable.unshift([is, copy]);
}

export function registerTransferable(is: (value: object) => boolean, move: Copy): void {
  transferable.push([is, move]);
}

const refused: (new (...values: never[]) => object)[] = [
  Promise, WeakMap, WeakSet, WeakRef, FinalizationRegistry, EventTarget, Event, AbortController, Headers, Request, Response, FormData, URL, URLSearchParams,
  ...(Object.values(streamClasses) as never[]),
];

export function refuseCloning(target: new (...values: never[]) => object): void {
  refused.push(target);
}

export function structuredClone<T>(value: T, options?: { transfer?: Iterable<object> }): T {
  needArguments(arguments.length, 1, "structuredClone");
  return cloneWith(value, options?.transfer).value as T;
}

/** The clone, and what was transferred, in the order given. */
export function cloneWith(value: unknown, transfer: Iterable<object> | undefined): { value: unknown; transferred: object[] } {
  const seen = new Map<object, object>();
  const moves: [from: object, move: Copy][] = [];
  for (const from of transfer ?? []) {
    const found = typeof from === "object" && from !== null ? transferable.find(([is]) => is(from)) : undefined;
    if (found === undefined) throw dataClone("a value of the transfer list cannot be transferred");
    if (moves.some(([other]) => other === from)) throw dataClone("a value stands twice in the transfer list");
    if (isArrayBuffer(from) && from.detached) throw dataClone("an ArrayBuffer of the transfer list is detached");
    moves.push([from, found[1]]);
  }
  // What is transferred stays in place until all else was read: a getter may throw, and then nothing has moved.
  const late: (() => void)[] = [];
  const root = { value };
  const cloned = new Cloning(seen, new Set(moves.map(([from]) => from)), late).clone(root) as typeof root;
  const transferred: object[] = [];
  for (const [from, move] of moves) {
    const to = move(from);
    seen.set(from, to);
    transferred.push(to);
  }
  for (const finish of late) finish();
  return { value: cloned.value, transferred };
}

class Cloning {
  constructor(
    private readonly seen: Map<object, object>,
    private readonly moving: Set<object>,
    /** What waits for the transfer: slots that hold what is moved. */
    private readonly late: (() => void)[],
  ) {}

  clone(value: unknown): unknown {
    if (typeof value === "symbol") throw dataClone("a symbol cannot be cloned");
    if (typeof value === "function") throw dataClone(`${value.name === "" ? "a function" : `the function ${value.name}`} cannot be cloned`);
    if (typeof value !== "object" || value === null) return value;
    const seen = this.seen.get(value);
    if (seen !== undefined) return seen;
    const prototype = Object.getPrototypeOf(value) as object | null;
    if (prototype === Object.prototype || prototype === null) return this.members(value, this.remember(value, {}));
    if (Array.isArray(value)) return this.members(value, this.remember(value, new Array(value.length)));
    return this.exotic(value);
  }

  /** Puts a clone where it belongs, at once or when it has moved. */
  private place(value: unknown, put: (clone: unknown) => void): void {
    if (typeof value === "object" && value !== null && this.isMoving(value)) this.late.push(() => put(this.moved(value)));
    else put(this.clone(value));
  }

  private isMoving(value: object): boolean {
    return this.moving.has(value) || (ArrayBuffer.isView(value) && this.moving.has(value.buffer));
  }

  private moved(value: object): unknown {
    const seen = this.seen.get(value);
    if (seen !== undefined || !ArrayBuffer.isView(value)) return seen;
    return this.view(value, this.seen.get(value.buffer) as ArrayBuffer, this.spans.get(value)!);
  }

  private readonly spans = new Map<object, [offset: number, length: number]>();

  private remember<T extends object>(value: object, clone: T): T {
    this.seen.set(value, clone);
    return clone;
  }

  private members(from: object, to: object): object {
    for (const key of Object.keys(from)) {
      const value = (from as Record<string, unknown>)[key];
      if (ArrayBuffer.isView(value) && this.isMoving(value)) this.noteSpan(value);
      this.place(value, (clone) => Object.defineProperty(to, key, { value: clone, enumerable: true, configurable: true, writable: true }));
    }
    return to;
  }

  /** A view's bounds are gone once its buffer has moved. */
  private noteSpan(view: ArrayBufferView): void {
    this.spans.set(view, [view.byteOffset, "length" in view ? (view.length as number) : view.byteLength]);
  }

  private exotic(value: object): object {
    for (const [is, copy] of cloneable) {
      if (is(value)) return this.remember(value, copy(value));
    }
    if (value instanceof Date) return this.remember(value, new Date(value.getTime()));
    if (value instanceof RegExp) return this.remember(value, new RegExp(value.source, value.flags));
    if (isArrayBuffer(value)) return this.remember(value, this.buffer(value));
    if (ArrayBuffer.isView(value)) {
      this.noteSpan(value);
      return this.view(value, this.clone(value.buffer) as ArrayBuffer, this.spans.get(value)!);
    }
    if (value instanceof Map) return this.map(value);
    if (value instanceof Set) return this.set(value);
    if (value instanceof Error) return this.error(value);
    if (value instanceof Boolean || value instanceof Number || value instanceof String || value instanceof BigInt) {
      return this.remember(value, Object(value.valueOf()) as object);
    }
    if (value instanceof Symbol || value instanceof SharedArrayBuffer || refused.some((one) => value instanceof one)) {
      throw dataClone(`an object of ${value.constructor?.name ?? "that class"} cannot be cloned`);
    }
    return this.members(value, this.remember(value, {}));
  }

  private buffer(buffer: ArrayBuffer): ArrayBuffer {
    if (buffer.detached) throw dataClone("the ArrayBuffer is detached");
    if (!buffer.resizable) return buffer.slice(0);
    const copy = new ArrayBuffer(buffer.byteLength, { maxByteLength: buffer.maxByteLength });
    new Uint8Array(copy).set(new Uint8Array(buffer));
    return copy;
  }

  private view(view: ArrayBufferView, buffer: ArrayBuffer, [offset, length]: [number, number]): ArrayBufferView {
    const name = view instanceof DataView ? "DataView" : (Object.getOwnPropertyDescriptor(typedArray, Symbol.toStringTag)!.get!.call(view) as string);
    const View = views[name]!;
    return this.remember(view, new View(buffer, offset, length));
  }

  private map(map: Map<unknown, unknown>): object {
    const copy = this.remember(map, new Map<unknown, unknown>());
    for (const [key, value] of [...map]) {
      const clonedKey = this.clone(key);
      if (ArrayBuffer.isView(value)) this.noteSpan(value);
      copy.set(clonedKey, undefined);
      this.place(value, (clone) => copy.set(clonedKey, clone));
    }
    return copy;
  }

  private set(set: Set<unknown>): object {
    const copy = this.remember(set, new Set<unknown>());
    for (const value of [...set]) this.place(value, (clone) => copy.add(clone));
    return copy;
  }

  private error(error: Error): object {
    const name = `${error.name}`;
    const Kind = errors[name] ?? Error;
    const made = this.remember(error, new Kind());
    const own = (key: string) => Object.getOwnPropertyDescriptor(error, key);
    const message = own("message");
    if (message !== undefined && "value" in message) {
      Object.defineProperty(made, "message", { value: `${message.value as string}`, configurable: true, writable: true });
    }
    const { stack } = error;
    Object.defineProperty(made, "stack", { value: typeof stack === "string" ? stack : undefined, configurable: true, writable: true });
    const cause = own("cause");
    if (cause !== undefined && "value" in cause) {
      this.place(cause.value, (clone) => Object.defineProperty(made, "cause", { value: clone, configurable: true, writable: true }));
    }
    return made;
  }
}

const errors: Record<string, new () => Error> = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;

type ViewClass = new (buffer: ArrayBuffer, offset: number, length: number) => ArrayBufferView;
const views: Record<string, ViewClass> = {
  DataView, Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array, BigInt64Array,
  BigUint64Array,
};
if ("Float16Array" in globalThis) views["Float16Array"] = (globalThis as unknown as { Float16Array: ViewClass }).Float16Array;

function dataClone(message: string): Error {
  return new DOMException(message, "DataCloneError");
}
