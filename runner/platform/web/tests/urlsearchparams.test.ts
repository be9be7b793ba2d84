import { equal, ok, test, throws } from "./support/test";

/** url/urlencoded-parser.any.js of the web platform tests. */
const parsed: [string, [string, string][]][] = [
  ["test", [["test", ""]]],
  ["﻿test=﻿", [["﻿test", "﻿"]]],
  ["%EF%BB%BFtest=%EF%BB%BF", [["﻿test", "﻿"]]],
  ["%EF%BF%BF=%EF%BF%BF", [["￿", "￿"]]],
  ["%FE%FF", [["��", ""]]],
  ["%FF%FE", [["��", ""]]],
  ["†&†=x", [["†", ""], ["†", "x"]]],
  ["%C2", [["�", ""]]],
  ["%C2x", [["�x", ""]]],
  ["_charset_=windows-1252&test=%C2x", [["_charset_", "windows-1252"], ["test", "�x"]]],
  ["", []],
  ["a", [["a", ""]]],
  ["a=b", [["a", "b"]]],
  ["a=", [["a", ""]]],
  ["=b", [["", "b"]]],
  ["&", []],
  ["&a", [["a", ""]]],
  ["a&", [["a", ""]]],
  ["a&a", [["a", ""], ["a", ""]]],
  ["a&b&c", [["a", ""], ["b", ""], ["c", ""]]],
  ["a=b&c=d", [["a", "b"], ["c", "d"]]],
  ["a=b&c=d&", [["a", "b"], ["c", "d"]]],
  ["&&&a=b&&&&c=d&", [["a", "b"], ["c", "d"]]],
  ["a=a&a=b&a=c", [["a", "a"], ["a", "b"], ["a", "c"]]],
  ["a==a", [["a", "=a"]]],
  ["a=a+b+c+d", [["a", "a b c d"]]],
  ["%=a", [["%", "a"]]],
  ["%a=a", [["%a", "a"]]],
  ["%a_=a", [["%a_", "a"]]],
  ["%61=a", [["a", "a"]]],
  ["%61+%4d%4D=", [["a MM", ""]]],
  ["id=0&value=%", [["id", "0"], ["value", "%"]]],
  ["b=%2sf%2a", [["b", "%2sf*"]]],
  ["b=%2%2af%2a", [["b", "%2*f*"]]],
  ["b=%%2a", [["b", "%*"]]],
];
for (const [input, expected] of parsed) {
  test(`parses ${JSON.stringify(input)}`, () => {
    equal([...new URLSearchParams(input)], expected);
    equal([...new URLSearchParams(`?${input}`)], expected);
  });
}

/** url/urlsearchparams-stringifier.any.js. */
const written: [string, string, string][] = [
  ["a", "b c", "a=b+c"], ["a", "", "a="], ["", "b", "=b"], ["", "", "="], ["a", "b+c", "a=b%2Bc"], ["a+b", "c", "a%2Bb=c"], ["=", "a", "%3D=a"],
  ["b", "=", "b=%3D"], ["a", "&", "a=%26"], ["a", "*-._", "a=*-._"], ["a", "b%c", "a=b%25c"], ["a", "b\0c", "a=b%00c"], ["a", "b\u{1F4A9}c", "a=b%F0%9F%92%A9c"],
  ["a", "\ud800", "a=%EF%BF%BD"], ["i", "a\nb\rc", "i=a%0Ab%0Dc"],
];
for (const [name, value, expected] of written) {
  test(`writes ${JSON.stringify([name, value])}`, () => {
    const params = new URLSearchParams();
    params.append(name, value);
    equal(params.toString(), expected);
  });
}

test("made of pairs, records and other params", () => {
  equal([...new URLSearchParams([["a", "1"], ["a", "2"]])], [["a", "1"], ["a", "2"]]);
  equal([...new URLSearchParams({ a: "1", b: "2" })], [["a", "1"], ["b", "2"]]);
  equal(new URLSearchParams(new URLSearchParams("a=1&b=2")).toString(), "a=1&b=2");
  equal(new URLSearchParams(new Map([["a", "1"]]) as never).toString(), "a=1");
  equal(new URLSearchParams(undefined).toString(), "");
  equal(new URLSearchParams(null as never).toString(), "null=");
  equal(new URLSearchParams((() => {}) as never).toString(), "");
  throws(TypeError, () => new URLSearchParams([["a"]] as never));
  throws(TypeError, () => new URLSearchParams([["a", "b", "c"]] as never));
  throws(TypeError, () => new URLSearchParams([1] as never));
  equal(new URLSearchParams({ "\ud835x": "1", xx: "2", "\ud83dx": "3" }).toString(), "%EF%BF%BDx=3&xx=2");
});

test("append, get, getAll, has, set, delete, size", () => {
  const params = new URLSearchParams("a=1&b=2&a=3&c=4");
  equal(params.get("a"), "1");
  equal(params.get("x"), null);
  equal(params.getAll("a"), ["1", "3"]);
  equal([params.has("a"), params.has("a", "3"), params.has("a", "4"), params.has("x")], [true, true, false, false]);
  params.set("a", "5");
  equal(params.toString(), "a=5&b=2&c=4");
  params.set("d", "6");
  params.append("b", "7");
  params.delete("b", "2");
  equal(params.toString(), "a=5&c=4&d=6&b=7");
  params.delete("c");
  equal(params.size, 3);
  params.append(null as never, undefined as never);
  equal(params.get("null"), "undefined");
  throws(TypeError, () => (params.append as never as (a: string) => void)("a"));
  throws(TypeError, () => (params.get as never as unknown as () => void)());
});

/** url/urlsearchparams-sort.any.js. */
const sorted: [string, [string, string][]][] = [
  ["z=b&a=b&z=a&a=a", [["a", "b"], ["a", "a"], ["z", "b"], ["z", "a"]]],
  ["�=x&ﬃ&�=a", [["ﬃ", ""], ["�", "x"], ["�", "a"]]],
  ["ﬃ&\u{1F308}", [["\u{1F308}", ""], ["ﬃ", ""]]],
  ["z=z&a=a&z=y&a=b&z=x&a=c&z=w&a=d&z=v&a=e&z=u&a=f&z=t&a=g", [["a", "a"], ["a", "b"], ["a", "c"], ["a", "d"], ["a", "e"], ["a", "f"], ["a", "g"], ["z", "z"], ["z", "y"], ["z", "x"], ["z", "w"], ["z", "v"], ["z", "u"], ["z", "t"]]],
  ["bbb&bb&aaa&aa=x&aa=y", [["aa", "x"], ["aa", "y"], ["aaa", ""], ["bb", ""], ["bbb", ""]]],
  ["z=z&=f&=t&=x", [["", "f"], ["", "t"], ["", "x"], ["z", "z"]]],
  ["a\u{1F308}&a\u{1F4A9}", [["a\u{1F308}", ""], ["a\u{1F4A9}", ""]]],
];
for (const [input, expected] of sorted) {
  test(`sorts ${JSON.stringify(input)}`, () => {
    const params = new URLSearchParams(input);
    params.sort();
    equal([...params], expected);
    const url = new URL(`http://a/?${input}`);
    url.searchParams.sort();
    equal([...new URLSearchParams(url.search)], expected);
  });
}

test("iteration is live", () => {
  const url = new URL("http://localhost/query?param0=0&param1=1&param2=2");
  const seen: [string, string][] = [];
  for (const pair of url.searchParams) {
    seen.push(pair);
    url.searchParams.delete(pair[0]);
  }
  equal(seen, [["param0", "0"], ["param2", "2"]]);
  equal(String(url.searchParams), "param1=1");
});

test("iterators and forEach", () => {
  const params = new URLSearchParams("a=1&b=2");
  equal([...params.keys()], ["a", "b"]);
  equal([...params.values()], ["1", "2"]);
  ok(URLSearchParams.prototype[Symbol.iterator] === (URLSearchParams.prototype.entries as unknown));
  equal(Object.prototype.toString.call(params.keys()), "[object URLSearchParams Iterator]");
  const seen: unknown[] = [];
  params.forEach(function (this: unknown, value, name, all) {
    seen.push([value, name, all === params, this]);
  }, 7);
  equal(seen.length, 2);
  throws(TypeError, () => params.forEach(1 as never));
  throws(TypeError, () => URLSearchParams.prototype.keys.call({}));
});
