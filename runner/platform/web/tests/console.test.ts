import { lines } from "./support/host";
import { equal, ok, test } from "./support/test";

const printed = (body: () => void): string[] => {
  lines.length = 0;
  body();
  return lines.splice(0);
};
const logged = (...values: unknown[]): string => printed(() => console.log(...values)).join("\n");

test("levels", () => {
  equal(printed(() => { console.log("a"); console.info("b"); console.debug("c"); console.warn("retrying", 2); console.error("gave up"); }), ["a", "b", "c", "[warn] retrying 2", "[error] gave up"]);
  equal(printed(() => console.log()), [""]);
  equal(printed(() => console.warn("a\nb")), ["[warn] a", "b"]);
});

for (const [values, expected] of [
  [["%s is %d and %i, %f", "x", 1.5, 2.7, "3.5"], "x is 1.5 and 2, 3.5"], [["%s"], "%s"], [["%s", "a", "b"], "a b"], [["100%", 1], "100% 1"], [["%%", 1], "% 1"], [["%j", { a: 1 }], '{"a":1}'], [["%o", { a: 1 }], "{ a: 1 }"],
  [["%c red", "color: red"], " red"], [["%d", "x"], "NaN"], [["%x", 1], "%x 1"], [[12n], "12"], [["pid", 12n], "pid 12"], [[{ pid: 12n }], "{ pid: 12n }"], [["a", 1, true, null, undefined], "a 1 true null undefined"],
] as [unknown[], string][]) {
  test(`log ${expected}`, () => equal(logged(...values), expected));
}

class Point {
  #secret = 1;
  constructor(public x: number) { void this.#secret; }
}
const circular: Record<string, unknown> = { name: "c" };
circular["self"] = circular;
for (const [value, expected] of [
  [{}, "{}"], [[], "[]"], [{ a: 1, "b-c": "x" }, "{ a: 1, 'b-c': 'x' }"], [[1, "a", [2]], "[ 1, 'a', [ 2 ] ]"], [new Point(1), "Point { x: 1 }"], [new Map([["a", { b: 1 }]]), "Map(1) { 'a' => { b: 1 } }"],
  [new Set([1, "x"]), "Set(2) { 1, 'x' }"], [new Date(0), "1970-01-01T00:00:00.000Z"], [new Date(NaN), "Invalid Date"], [/a/g, "/a/g"], [Symbol("s"), "Symbol(s)"], [-0, "-0"],
  [function named() {}, "[Function: named]"], [() => {}, "[Function (anonymous)]"], [Point, "[class Point]"], [class extends Point {}, "[class (anonymous) extends Point]"], [circular, "{ name: 'c', self: [Circular] }"],
  [Object.create(null), "[Object: null prototype] {}"], [{ get a() { return 1; }, set b(_: number) {} }, "{ a: [Getter], b: [Setter] }"], [new Uint8Array([1, 2]), "Uint8Array(2) [ 1, 2 ]"], [new ArrayBuffer(3), "ArrayBuffer { byteLength: 3 }"],
  [[1, , 3], "[ 1, <1 empty item>, 3 ]"], [{ a: { b: { c: { d: { e: { f: 1 } } } } } }, "{ a: { b: { c: { d: { e: [Object] } } } } }"], [Object(1), "[Number: 1]"], [Promise.resolve(), "Promise {}"], [{ [Symbol("k")]: 1 }, "{ [Symbol(k)]: 1 }"],
  [new URL("http://a/b"), "URL { href: 'http://a/b' }"], [new Headers({ a: "b" }), "Headers { a: 'b' }"], [new Response("x"), "Response {\n  status: 200,\n  url: '',\n  headers: Headers { 'content-type': 'text/plain;charset=UTF-8' }\n}"],
  [new Blob(["ab"]), "Blob { size: 2, type: '' }"], [{ text: "it's" }, "{ text: \"it's\" }"], [{ text: "a\nb\x00" }, "{ text: 'a\\nb\\x00' }"], [Object.assign([1], { x: 2 }), "[ 1, x: 2 ]"], [{ f() {} }, "{ f: [Function: f] }"],
] as [unknown, string][]) {
  test(`shows ${expected}`, () => equal(logged(value), expected));
}

test("long values take several lines", () => {
  const value = { first: "x".repeat(40), second: "y".repeat(40), list: [1, 2] };
  equal(logged(value), `{\n  first: '${"x".repeat(40)}',\n  second: '${"y".repeat(40)}',\n  list: [ 1, 2 ]\n}`);
  ok(logged(Array.from({ length: 150 }, (_, at) => at)).endsWith("... 50 more items\n]"));
  ok(logged(new Array(1e9)).includes("1000000000 empty items"));
});

test("errors with stack, cause and members", () => {
  const lines = logged(new TypeError("bad", { cause: new RangeError("deep") })).split("\n");
  equal(lines[0], "TypeError: bad");
  ok(lines[1]!.trim().startsWith("at "));
  ok(lines.some((line) => line.includes("[cause]: RangeError: deep")), lines.join("|"));
  class Mine extends Error {
    code = 7;
  }
  const mine = logged(new Mine("x"));
  ok(mine.startsWith("Mine: x\n") && mine.includes("code: 7"), mine);
  ok(logged(new AggregateError([new Error("one")], "all")).includes("[errors]: "));
  ok(logged({ error: new Error("inner") }).includes("Error: inner"));
  ok(logged(new DOMException("m", "AbortError")).startsWith("AbortError: m"));
});

test("what fights back does not break the log", () => {
  logged(new Proxy({}, {}));
  logged(Object.defineProperty(new Error("x"), "stack", { get() { throw 1; } }));
  logged(URL.prototype);
  logged(Object.create(Response.prototype));
  logged(Object.create(Map.prototype));
  logged({ toString() { throw 1; } });
});

test("group, count, assert, time", () => {
  equal(printed(() => { console.group("g"); console.log("a\nb"); console.group(); console.warn("c"); console.groupEnd(); console.groupEnd(); console.groupEnd(); console.log("d"); }), ["g", "  a", "  b", "[warn]     c", "d"]);
  equal(printed(() => { console.count(); console.count("x"); console.count(); console.countReset(); console.count(); }), ["default: 1", "x: 1", "default: 2", "default: 1"]);
  equal(printed(() => { console.assert(true, "no"); console.assert(false); console.assert(false, "%s!", "a"); console.assert(false, 1); }), ["[error] Assertion failed", "[error] Assertion failed: a!", "[error] Assertion failed: 1"]);
  equal(printed(() => { console.time("t"); console.timeLog("t", 1); console.timeEnd("t"); console.timeEnd("t"); }), ["t: 0.000ms 1", "t: 0.000ms", '[warn] there is no timer "t"']);
  ok(printed(() => console.trace("here")).join("\n").startsWith("Trace: here\n    at "));
  equal(printed(() => console.dir({ a: 1 })), ["{ a: 1 }"]);
});

test("table", () => {
  equal(printed(() => console.table([{ a: 1, b: "x" }, { a: 2 }])), ["┌─────────┬───┬─────┐", "│ (index) │ a │ b   │", "├─────────┼───┼─────┤", "│ 0       │ 1 │ 'x' │", "│ 1       │ 2 │     │", "└─────────┴───┴─────┘"]);
  equal(printed(() => console.table(5)), ["5"]);
  ok(printed(() => console.table([1, 2])).join("\n").includes("Values"));
});

test("methods work without their object", () => {
  const { log } = console;
  equal(printed(() => log("x")), ["x"]);
});
