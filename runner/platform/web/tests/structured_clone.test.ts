import { equal, ok, test, throws } from "./support/test";

/** html/infrastructure/safe-passing-of-structured-data/structured-cloning-battery-of-tests.js. */
const primitives: [string, unknown][] = [
  ["undefined", undefined], ["null", null], ["true", true], ["false", false], ["an empty string", ""], ["a lone high surrogate", "\ud800"], ["a lone low surrogate", "\udc00"],
  ["NUL", "\0"], ["an astral character", "\u{1f600}"], ["0.2", 0.2], ["0", 0], ["-0", -0], ["NaN", NaN], ["Infinity", Infinity], ["-Infinity", -Infinity],
  ["2^53", 9007199254740992], ["-2^53 - 2", -9007199254740994], ["0n", 0n], ["-12345678901234567890n", -12345678901234567890n],
];
for (const [name, value] of primitives) {
  test(name, () => ok(Object.is(structuredClone(value), value)));
  test(`${name} in an array`, () => ok(Object.is((structuredClone([value]) as unknown[])[0], value)));
  test(`${name} in an object`, () => ok(Object.is(structuredClone({ x: value }).x, value)));
  if (value !== undefined && value !== null) {
    test(`${name}, boxed`, () => {
      const box = Object(value) as object;
      const copy = structuredClone(box);
      ok(copy !== box && Object.getPrototypeOf(copy) === Object.getPrototypeOf(box) && Object.is(copy.valueOf(), value));
    });
  }
}

test("dates", () => {
  for (const time of [0, -1, 8.64e15, NaN]) {
    const copy = structuredClone(new Date(time));
    ok(copy instanceof Date && Object.is(copy.getTime(), new Date(time).getTime()));
  }
});

test("regular expressions lose lastIndex", () => {
  for (const [source, flags] of [["foo", ""], ["bar", "gimuy"], ["\\n", "s"], ["(?:)", "d"]] as const) {
    const regexp = new RegExp(source, flags);
    regexp.lastIndex = 2;
    const copy = structuredClone(regexp);
    equal([copy.source, copy.flags, copy.lastIndex], [regexp.source, regexp.flags, 0]);
  }
});

for (const Kind of [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]) {
  test(`${Kind.name}`, () => {
    const error = new Kind("m", { cause: { a: 1 } });
    (error as unknown as Record<string, unknown>)["extra"] = 1;
    const copy = structuredClone(error);
    equal([copy.constructor === Kind, copy.name, copy.message, copy.stack], [true, Kind.name, "m", error.stack]);
    equal(copy.cause, { a: 1 });
    ok(!("extra" in copy));
  });
}
test("errors of other names", () => {
  class Mine extends Error {
    override name = "Mine";
  }
  const copy = structuredClone(new Mine("x"));
  equal([copy.constructor === Error, copy.name, copy.message], [true, "Error", "x"]);
  ok(!Object.hasOwn(structuredClone(new Error()), "message"));
});

test("DOMException", () => {
  const copy = structuredClone(new DOMException("m", "AbortError"));
  ok(copy instanceof DOMException);
  equal([copy.name, copy.message, copy.code], ["AbortError", "m", 20]);
});

for (const Kind of [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array]) {
  test(Kind.name, () => {
    const array = new Kind([1, 2, 3, 4]).subarray(1, 3);
    const copy = structuredClone(array);
    ok(copy instanceof Kind && copy.buffer !== array.buffer);
    equal([copy.byteOffset, copy.length, copy[0], copy.buffer.byteLength], [array.byteOffset, 2, 2, array.buffer.byteLength]);
  });
}
test("BigInt64Array, DataView, ArrayBuffer", () => {
  equal(structuredClone(new BigInt64Array([-1n]))[0], -1n);
  const view = structuredClone(new DataView(new Uint8Array([1, 2, 3]).buffer, 1, 1));
  equal([view.getUint8(0), view.byteOffset, view.byteLength], [2, 1, 1]);
  const { buffer } = new Uint8Array([1, 2]);
  const copy = structuredClone(buffer);
  ok(copy !== buffer);
  equal(new Uint8Array(copy), new Uint8Array([1, 2]));
  const resizable = structuredClone(new ArrayBuffer(2, { maxByteLength: 8 }));
  equal([resizable.byteLength, resizable.maxByteLength, resizable.resizable], [2, 8, true]);
});
test("views of one buffer share the copy", () => {
  const { buffer } = new Uint8Array(4);
  const copy = structuredClone({ a: new Uint8Array(buffer), b: new Uint8Array(buffer, 2), buffer });
  ok(copy.a.buffer === copy.b.buffer && copy.a.buffer === copy.buffer);
});

test("maps and sets, and what changes meanwhile", () => {
  const map = new Map<unknown, unknown>([["a", { b: 1 }], [{ c: 2 }, new Set([1, [2]])]]);
  const copy = structuredClone(map);
  equal([copy.size, copy.get("a")], [2, { b: 1 }]);
  ok(copy.get("a") !== map.get("a"));
  const growing = new Map<unknown, unknown>();
  growing.set("x", { get y() { growing.set("late", 1); return 1; } });
  equal([...structuredClone(growing).keys()], ["x"]);
});

test("arrays: holes, lengths, other members", () => {
  const array: unknown[] & { x?: number } = [1, , 3];
  array.x = 7;
  array.length = 9;
  const copy = structuredClone(array);
  equal([copy.length, 1 in copy, copy.x, Array.isArray(copy)], [9, false, 7, true]);
});

test("objects: own enumerable members, getters read, prototypes lost", () => {
  class Point {
    constructor(public x: number) {}
    get double() { return 2 * this.x; }
  }
  const copy = structuredClone(new Point(1)) as { x: number };
  ok(Object.getPrototypeOf(copy) === Object.prototype);
  equal(copy, { x: 1 });
  equal(structuredClone(Object.defineProperty({ get a() { return 5; } }, "hidden", { value: 1 })), { a: 5 });
  equal(Object.keys(structuredClone({ [Symbol("s")]: 1, b: 2 })), ["b"]);
  const odd = structuredClone(JSON.parse('{"__proto__": {"x": 1}}') as object);
  ok(Object.hasOwn(odd, "__proto__") && Object.getPrototypeOf(odd) === Object.prototype);
  throws(RangeError, () => structuredClone({ get a() { throw new RangeError("x"); } }));
});

test("cycles and shared objects", () => {
  const a: Record<string, unknown> = { list: [] };
  a["self"] = a;
  (a["list"] as unknown[]).push(a, a["list"]);
  const copy = structuredClone(a);
  ok(copy["self"] === copy && (copy["list"] as unknown[])[0] === copy && (copy["list"] as unknown[])[1] === copy["list"]);
  const shared = {};
  const pair = structuredClone([shared, shared]);
  ok(pair[0] === pair[1]);
});

for (const [name, value] of [
  ["a function", () => {}], ["a symbol", Symbol()], ["a promise", Promise.resolve()], ["a WeakMap", new WeakMap()], ["a WeakSet", new WeakSet()], ["a WeakRef", new WeakRef({})], ["a boxed symbol", Object(Symbol())],
  ["Headers", new Headers()], ["a Response", new Response()], ["a Request", new Request("http://a")], ["a URL", new URL("http://a")], ["an Event", new Event("x")], ["an EventTarget", new EventTarget()],
  ["a stream", new ReadableStream()], ["FormData", new FormData()], ["a signal", AbortSignal.abort()], ["an object with a function", { f() {} }], ["a port that is not transferred", new MessageChannel().port1],
] as [string, unknown][]) {
  test(`refuses ${name}`, () => throws("DataCloneError", () => structuredClone(value)));
}

test("blobs and files", async () => {
  const blob = structuredClone(new Blob(["abc"], { type: "a/b" }));
  equal([blob instanceof Blob, blob.type, await blob.text()], [true, "a/b", "abc"]);
  const file = structuredClone(new File(["x"], "n", { lastModified: 3 }));
  equal([file instanceof File, file.name, file.lastModified], [true, "n", 3]);
});

test("buffers transferred", () => {
  const bytes = new Uint8Array([1, 2, 3, 4]);
  const tail = bytes.subarray(2);
  const copy = structuredClone({ bytes, tail, list: [bytes.buffer] }, { transfer: [bytes.buffer] });
  equal([bytes.length, bytes.buffer.byteLength, bytes.buffer.detached], [0, 0, true]);
  equal([[...copy.bytes], [...copy.tail]], [[1, 2, 3, 4], [3, 4]]);
  ok(copy.bytes.buffer === copy.tail.buffer && copy.list[0] === copy.bytes.buffer);
  const only = new ArrayBuffer(8);
  equal(structuredClone(only, { transfer: [only] }).byteLength, 8);
  const view = new Uint8Array([9]);
  equal([...structuredClone(view, { transfer: [view.buffer] })], [9]);
  const other = new ArrayBuffer(1);
  structuredClone(1, { transfer: [other] });
  ok(other.detached);
});

test("transfers that fail leave all in place", () => {
  const buffer = new ArrayBuffer(4);
  throws("DataCloneError", () => structuredClone({ buffer, f() {} }, { transfer: [buffer] }));
  equal(buffer.byteLength, 4);
  throws("DataCloneError", () => structuredClone(buffer, { transfer: [buffer, buffer] }));
  throws("DataCloneError", () => structuredClone(1, { transfer: [{}] }));
  structuredClone(buffer, { transfer: [buffer] });
  throws("DataCloneError", () => structuredClone(1, { transfer: [buffer] }));
  throws("DataCloneError", () => structuredClone(buffer));
  throws(TypeError, () => (structuredClone as unknown as () => void)());
});
