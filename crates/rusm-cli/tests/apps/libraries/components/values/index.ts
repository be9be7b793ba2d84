import { blake2b } from "@noble/hashes/blake2.js";
import { blake3 } from "@noble/hashes/blake3.js";
import { hmac } from "@noble/hashes/hmac.js";
import { pbkdf2 } from "@noble/hashes/pbkdf2.js";
import { scrypt } from "@noble/hashes/scrypt.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { keccak_256, sha3_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { addMonths, differenceInCalendarDays, format, formatDistance, isValid, parse, parseISO, startOfWeek } from "date-fns";
import { de } from "date-fns/locale";
import { chunk, cloneDeep, debounce, groupBy, isEqual, kebabCase, merge, orderBy, template, throttle } from "lodash-es";
import { customAlphabet, nanoid } from "nanoid";
import superjson from "superjson";
import { v4, v5, v7, validate, version } from "uuid";

const libraries: Record<string, () => unknown> = {
  noble() {
    const abc = utf8ToBytes("abc");
    return {
      sha256: bytesToHex(sha256(abc)),
      sha512: bytesToHex(sha512(abc)),
      sha3: bytesToHex(sha3_256(abc)),
      keccak: bytesToHex(keccak_256(new Uint8Array())),
      blake2b: bytesToHex(blake2b(abc)),
      blake3: bytesToHex(blake3(abc)),
      hmac: bytesToHex(hmac(sha256, utf8ToBytes("Jefe"), utf8ToBytes("what do ya want for nothing?"))),
      pbkdf2: bytesToHex(pbkdf2(sha256, "passwd", "salt", { c: 1, dkLen: 64 })),
      scrypt: bytesToHex(scrypt("", "", { N: 16, r: 1, p: 1, dkLen: 64 })),
    };
  },
  ids() {
    const ids = [nanoid(), nanoid(), customAlphabet("ab", 10)(), v4(), v7()];
    return { ids, v5: v5("hello.example.com", v5.DNS), versions: ids.slice(3).map((id) => validate(id) && version(id)) };
  },
  dates() {
    const day = parseISO("2026-01-31T12:00:00Z");
    return {
      month: addMonths(day, 1),
      text: format(day, "EEEE, do MMMM yyyy HH:mm"),
      german: format(day, "EEEE, d. MMMM", { locale: de }),
      days: differenceInCalendarDays(parseISO("2026-03-01"), day),
      distance: formatDistance(parseISO("2026-01-31T09:10:00Z"), day, { addSuffix: true }),
      week: startOfWeek(day, { weekStartsOn: 1 }),
      parsed: parse("29.02.2024", "dd.MM.yyyy", new Date(0)),
      invalid: isValid(parse("30.02.2024", "dd.MM.yyyy", new Date(0))),
    };
  },
  async lodash() {
    let calls = 0;
    const last = await new Promise((resolve) => {
      const late = debounce((n: number) => resolve([++calls, n]), 1);
      [1, 2, 3].forEach((n) => late(n));
    });
    const often = throttle(() => ++calls, 60_000);
    often();
    often();
    const deep = { a: [new Map([["b", new Date(0)]]), new Set([1]), new Uint8Array([1])] };
    return {
      last,
      calls,
      groups: groupBy([1.2, 1.8, 2.1], Math.floor),
      chunks: chunk([1, 2, 3], 2),
      merged: merge({ a: { b: 1 } }, { a: { c: [2] } }),
      cloned: isEqual(cloneDeep(deep), deep) && cloneDeep(deep).a[0] !== deep.a[0],
      kebab: kebabCase("fooBar Baz"),
      ordered: orderBy([{ n: 1, s: "b" }, { n: 2, s: "a" }, { n: 2, s: "c" }], ["n", "s"], ["desc", "asc"]).map(({ s }) => s),
      template: template("hello, <%- who %>")({ who: "<bob>" }),
    };
  },
  superjson() {
    const value = { when: new Date(0), map: new Map([["a", new Set([1n])]]), none: undefined, re: /x/gi, not: NaN, url: new URL("https://a.example/b") };
    const text = superjson.stringify(value);
    const back = superjson.parse<typeof value>(text);
    return {
      text,
      same: [back.when.getTime() === 0, back.map.get("a")?.has(1n), "none" in back, back.re.flags, Number.isNaN(back.not), back.url.host],
    };
  },
};

export async function warmup(): Promise<void> {
  libraries.dates!();
}

export default async function handle(request: Request): Promise<Response> {
  return Response.json(await libraries[new URL(request.url).pathname.slice(1)]!());
}
