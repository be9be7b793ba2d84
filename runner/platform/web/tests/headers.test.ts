import { equal, ok, test, throws } from "./support/test";

/** fetch/api/headers of the web platform tests. */
test("made of a record, of pairs, of headers", () => {
  const record = { name1: "value1", name2: "value2", nameNull: null, nameUndefined: undefined, "Content-Type": "value4" };
  const headers = new Headers(record as never);
  equal(headers.get("nAme1"), "value1");
  equal(headers.get("NAMENULL"), "null");
  equal(headers.get("nameundefined"), "undefined");
  equal(headers.get("content-type"), "value4");
  equal([...new Headers(headers)], [...headers]);
  equal([...new Headers([["a", "1"], ["A", "2"]])], [["a", "1, 2"]]);
  equal([...new Headers(undefined)], []);
  equal([...new Headers(new Map([["x", "y"]]) as never)], [["x", "y"]]);
  for (const bad of [null, 1, "abc", [1], [["a"]], [["a", "b", "c"]], ["abc", "def"]]) throws(TypeError, () => new Headers(bad as never), JSON.stringify(bad));
});

for (const name of ["", "a b", "a:b", "a\0", "é", "(x)", "a\n", "invalidĀ", "a/b", "[x]", "{", "@"]) {
  test(`refuses the name ${JSON.stringify(name)}`, () => {
    throws(TypeError, () => new Headers({ [name]: "x" }));
    throws(TypeError, () => new Headers().append(name, "x"));
    throws(TypeError, () => new Headers().get(name));
    throws(TypeError, () => new Headers().has(name));
    throws(TypeError, () => new Headers().set(name, "x"));
    throws(TypeError, () => new Headers().delete(name));
  });
}
for (const name of ["a", "!#$%&'*+-.^_`|~09azAZ", "X-Custom", "Content-Type"]) {
  test(`takes the name ${JSON.stringify(name)}`, () => equal(new Headers([[name, "v"]]).get(name.toUpperCase()), "v"));
}
for (const value of ["a\0b", "a\nb", "a\rb", "Ā", "invalidValueĀ", "a\r\nb: c"]) {
  test(`refuses the value ${JSON.stringify(value)}`, () => {
    throws(TypeError, () => new Headers({ a: value }));
    throws(TypeError, () => new Headers().set("a", value));
  });
}
/** headers-normalize.any.js. */
for (const [value, expected] of [
  [" \t a \t ", "a"], ["\r\nnewLine\r\n", "newLine"], ["a b", "a b"], ["", ""], [" ", ""], ["a\tb", "a\tb"], ["\xe9", "\xe9"], ["a\x7f", "a\x7f"], ["\x01", "\x01"],
] as const) {
  test(`the value ${JSON.stringify(value)} is ${JSON.stringify(expected)}`, () => {
    equal(new Headers({ a: value }).get("a"), expected);
    const headers = new Headers();
    headers.append("b", value);
    equal(headers.get("b"), expected);
  });
}

test("append, set, delete, has", () => {
  const headers = new Headers([["a", "1"]]);
  headers.append("A", "2");
  equal(headers.get("a"), "1, 2");
  headers.append("b", "");
  headers.append("b", "x");
  equal(headers.get("b"), ", x");
  headers.append("a", "3");
  headers.set("a", "9");
  equal([...headers], [["a", "9"], ["b", ", x"]]);
  headers.delete("B");
  headers.delete("none");
  equal([headers.has("a"), headers.has("b")], [true, false]);
  throws(TypeError, () => (headers.append as never as (a: string) => void)("a"));
});

/** header-setcookie.any.js. */
test("Set-Cookie is never joined", () => {
  const headers = new Headers([["set-cookie", "foo=bar"], ["Set-Cookie", "fizz=buzz; domain=example.com"], ["a", "b"], ["x", "y"]]);
  equal(headers.getSetCookie(), ["foo=bar", "fizz=buzz; domain=example.com"]);
  equal(headers.get("set-cookie"), "foo=bar, fizz=buzz; domain=example.com");
  equal([...headers], [["a", "b"], ["set-cookie", "foo=bar"], ["set-cookie", "fizz=buzz; domain=example.com"], ["x", "y"]]);
  equal(new Headers(headers).getSetCookie().length, 2);
  headers.set("set-cookie", "z=1");
  equal(headers.getSetCookie(), ["z=1"]);
  headers.delete("set-cookie");
  equal(headers.getSetCookie(), []);
  equal(new Headers({ "set-cookie": "a, b" }).getSetCookie(), ["a, b"]);
});

test("iteration is sorted, lower-case, and live", () => {
  const headers = new Headers([["fake-header-2", "2"], ["B", "b"], ["a", "a"], ["fake-header-2", "3"]]);
  equal([...headers.keys()], ["a", "b", "fake-header-2"]);
  equal([...headers.values()], ["a", "b", "2, 3"]);
  const seen: string[] = [];
  for (const [name] of headers) {
    seen.push(name);
    headers.delete(name);
  }
  equal(seen, ["a", "fake-header-2"]);
  const growing = new Headers({ a: "1", b: "2" });
  const iterator = growing.entries();
  iterator.next();
  growing.append("aa", "x");
  equal(iterator.next().value as unknown, ["aa", "x"]);
  ok(Headers.prototype[Symbol.iterator] === (Headers.prototype.entries as unknown));
  equal(Object.prototype.toString.call(growing.entries()), "[object Headers Iterator]");
  throws(TypeError, () => (iterator.next as () => void).call({}));
});

/** headers-record.any.js: the record is read key by key. */
test("a record is read in order, symbols refused", () => {
  const log: string[] = [];
  const proxy = new Proxy({ a: "b", c: "d" }, {
    ownKeys: (target) => (log.push("ownKeys"), Reflect.ownKeys(target)),
    getOwnPropertyDescriptor: (target, key) => (log.push(`descriptor ${String(key)}`), Reflect.getOwnPropertyDescriptor(target, key)),
    get: (target, key) => (log.push(`get ${String(key)}`), Reflect.get(target, key)),
  });
  new Headers(proxy);
  equal(log, ["get Symbol(Symbol.iterator)", "ownKeys", "descriptor a", "get a", "descriptor c", "get c"]);
  throws(TypeError, () => new Headers({ [Symbol("x")]: "y" } as never));
  const hidden = Object.defineProperty({ a: "1" }, "b", { value: "2", enumerable: false });
  equal([...new Headers(hidden)], [["a", "1"]]);
});

test("immutable headers", () => {
  for (const headers of [Response.error().headers, Response.redirect("http://a/").headers]) {
    throws(TypeError, () => headers.append("a", "b"));
    throws(TypeError, () => headers.set("a", "b"));
    throws(TypeError, () => headers.delete("a"));
  }
  new Headers(Response.redirect("http://a/").headers).set("a", "b");
});

test("forEach and shape", () => {
  const seen: unknown[] = [];
  new Headers({ b: "2", a: "1" }).forEach((value, name) => seen.push([name, value]));
  equal(seen, [["a", "1"], ["b", "2"]]);
  throws(TypeError, () => new Headers().forEach({} as never));
  equal(String(new Headers()), "[object Headers]");
  throws(TypeError, () => Headers.prototype.get.call({}, "a"));
});
