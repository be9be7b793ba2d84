import { equal, ok, rejects, test, throws } from "./support/test";

/** encoding/textdecoder-labels.any.js, for the encodings that are here. */
const labels: Record<string, string> = {
  "utf-8": "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8",
  "utf-16le": "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le",
  "utf-16be": "unicodefffe utf-16be",
  "windows-1252":
    "ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252",
};
for (const [encoding, list] of Object.entries(labels)) {
  for (const label of list.split(" ")) {
    test(`the label ${label}`, () => {
      for (const spelled of [label, label.toUpperCase(), ` ${label}\t`, `\n\f\r${label} `]) equal(new TextDecoder(spelled).encoding, encoding);
    });
  }
}
for (const label of ["", "utf-7", "utf-9", "utf-8\0", "\u00a0utf-8", "\vutf-8", "utf-8\u2028", "unknown", "constructor", "__proto__"]) {
  test(`no label: ${JSON.stringify(label)}`, () => void throws(RangeError, () => new TextDecoder(label)));
}

/** encoding/textdecoder-fatal.any.js, and the maximal subparts of the standard's decoder. */
const malformed: [string, number[], string][] = [
  ["utf-8", [0xff], "\ufffd"], ["utf-8", [0xc0], "\ufffd"], ["utf-8", [0xc0, 0x00], "\ufffd\0"], ["utf-8", [0xc0, 0xc0], "\ufffd\ufffd"],
  ["utf-8", [0xe0], "\ufffd"], ["utf-8", [0xe0, 0x00], "\ufffd\0"], ["utf-8", [0xe0, 0xc0], "\ufffd\ufffd"], ["utf-8", [0xe0, 0x80, 0x00], "\ufffd\ufffd\0"],
  ["utf-8", [0xe0, 0x80, 0xc0], "\ufffd\ufffd\ufffd"], ["utf-8", [0xfc, 0x80, 0x80], "\ufffd\ufffd\ufffd"], ["utf-8", [0xc0, 0x80], "\ufffd\ufffd"],
  ["utf-8", [0xe0, 0x80, 0x80], "\ufffd\ufffd\ufffd"], ["utf-8", [0xf0, 0x80, 0x80, 0x80], "\ufffd\ufffd\ufffd\ufffd"], ["utf-8", [0xed, 0xa0, 0x80], "\ufffd\ufffd\ufffd"],
  ["utf-8", [0xf4, 0x90, 0x80, 0x80], "\ufffd\ufffd\ufffd\ufffd"], ["utf-8", [0xe2, 0x82, 0x41], "\ufffdA"], ["utf-8", [0xf0, 0x9f, 0x92], "\ufffd"],
  ["utf-16le", [0x00], "\ufffd"], ["utf-16le", [0x00, 0xd8], "\ufffd"], ["utf-16le", [0x00, 0xd8, 0x00, 0x00], "\ufffd\0"], ["utf-16le", [0x00, 0xdc], "\ufffd"],
  ["utf-16le", [0x00, 0xdc, 0x00, 0xd8], "\ufffd\ufffd"], ["utf-16le", [0x61, 0x00, 0x62], "a\ufffd"], ["utf-16be", [0xd8, 0x00, 0x61], "\ufffd"],
];
for (const [encoding, bytes, expected] of malformed) {
  test(`${encoding} of ${bytes.map((byte) => byte.toString(16)).join(" ")}`, () => {
    const input = new Uint8Array(bytes);
    equal(new TextDecoder(encoding).decode(input), expected);
    throws(TypeError, () => new TextDecoder(encoding, { fatal: true }).decode(input));
    // Byte by byte it is the same text.
    const decoder = new TextDecoder(encoding);
    let text = "";
    for (const byte of input) text += decoder.decode(new Uint8Array([byte]), { stream: true });
    equal(text + decoder.decode(), expected);
    const fatal = new TextDecoder(encoding, { fatal: true });
    throws(TypeError, () => {
      for (const byte of input) fatal.decode(new Uint8Array([byte]), { stream: true });
      fatal.decode();
    });
    equal(fatal.decode(new Uint8Array(encoding === "utf-8" ? [97] : encoding === "utf-16le" ? [97, 0] : [0, 97])), "a", "after an error");
  });
}

const sample = "z\u00a2\u6c34\u{1d11e}\u{10fffd}";
const encoded: Record<string, number[]> = {
  "utf-8": [0x7a, 0xc2, 0xa2, 0xe6, 0xb0, 0xb4, 0xf0, 0x9d, 0x84, 0x9e, 0xf4, 0x8f, 0xbf, 0xbd],
  "utf-16le": [0x7a, 0x00, 0xa2, 0x00, 0x34, 0x6c, 0x34, 0xd8, 0x1e, 0xdd, 0xff, 0xdb, 0xfd, 0xdf],
  "utf-16be": [0x00, 0x7a, 0x00, 0xa2, 0x6c, 0x34, 0xd8, 0x34, 0xdd, 0x1e, 0xdb, 0xff, 0xdf, 0xfd],
};
const marks: Record<string, number[]> = { "utf-8": [0xef, 0xbb, 0xbf], "utf-16le": [0xff, 0xfe], "utf-16be": [0xfe, 0xff] };
for (const [encoding, bytes] of Object.entries(encoded)) {
  for (let size = 1; size <= 5; size += 1) {
    test(`${encoding} in pieces of ${size}`, () => {
      const decoder = new TextDecoder(encoding, { fatal: true });
      let text = "";
      for (let at = 0; at < bytes.length; at += size) text += decoder.decode(new Uint8Array(bytes.slice(at, at + size)), { stream: true });
      equal(text + decoder.decode(), sample);
    });
  }
  test(`${encoding} with a byte order mark`, () => {
    const marked = new Uint8Array([...marks[encoding]!, ...bytes]);
    const decoder = new TextDecoder(encoding);
    equal(decoder.decode(marked), sample);
    equal(decoder.decode(marked), sample, "again");
    equal(new TextDecoder(encoding, { ignoreBOM: true }).decode(marked), `\ufeff${sample}`);
    let text = "";
    for (const byte of marked) text += decoder.decode(new Uint8Array([byte]), { stream: true });
    equal(text + decoder.decode(), sample);
    equal(decoder.decode(new Uint8Array([...marks[encoding]!, ...marks[encoding]!])), "\ufeff");
  });
}

test("windows-1252, every byte", () => {
  const text = new TextDecoder("latin1", { fatal: true }).decode(Uint8Array.from({ length: 256 }, (_, index) => index));
  equal(text.length, 256);
  equal(text.slice(0x20, 0x7f), Array.from({ length: 0x5f }, (_, index) => String.fromCharCode(0x20 + index)).join(""));
  equal(text.slice(0x80, 0xa0), "\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178");
  equal(text.charCodeAt(0xe9), 0xe9);
});

/** encoding/api-surrogates-utf8.any.js. */
for (const [input, expected] of [["abc123", "abc123"], ["\ud800", "\ufffd"], ["\udc00", "\ufffd"], ["abc\ud800123", "abc\ufffd123"], ["\udc00\ud800", "\ufffd\ufffd"], ["\ud834\udd1e", "\ud834\udd1e"], ["\ud800\ud800\udc00", "\ufffd\u{10000}"]] as const) {
  test(`encodes ${JSON.stringify(input)}`, () => equal(new TextDecoder().decode(new TextEncoder().encode(input)), expected));
}
test("encode's argument", () => {
  equal(new TextEncoder().encode().length, 0);
  equal(new TextEncoder().encode(undefined).length, 0);
  equal(new TextDecoder().decode(new TextEncoder().encode(null as never)), "null");
  equal(new TextEncoder().encoding, "utf-8");
});

/** encoding/encodeInto.any.js. */
for (const [input, size, read, written] of [["Hi", 3, 2, 2], ["Hi", 2, 2, 2], ["Hi", 1, 1, 1], ["\u{1d400}", 4, 2, 4], ["\u{1d400}", 3, 0, 0], ["\u00a5\u00a5", 3, 1, 2], ["\ud834A\udf06A\u00a5Hi", 10, 5, 10], ["A\udf06", 4, 2, 4], ["\u00a5", 0, 0, 0]] as const) {
  test(`encodeInto ${JSON.stringify(input)} in ${size}`, () => {
    const target = new Uint8Array(new ArrayBuffer(size + 4), 2, size);
    equal(new TextEncoder().encodeInto(input, target), { read, written });
    equal([...new Uint8Array(target.buffer)].slice(size + 2), [0, 0]);
  });
}
test("encodeInto's target", () => {
  for (const bad of [new Int8Array(1), new ArrayBuffer(1), [], new Uint16Array(1)]) throws(TypeError, () => new TextEncoder().encodeInto("", bad as never));
  const detached = new Uint8Array(4);
  structuredClone(detached, { transfer: [detached.buffer] });
  equal(new TextEncoder().encodeInto("a", detached), { read: 0, written: 0 });
});

test("decode's argument and options", () => {
  equal(new TextDecoder().decode(), "");
  equal(new TextDecoder().decode(undefined, undefined), "");
  equal(new TextDecoder().decode(new Uint8Array([0, 97, 98]).subarray(1)), "ab");
  equal(new TextDecoder().decode(new Uint16Array([0x6261])), "ab");
  equal(new TextDecoder().decode(new DataView(new Uint8Array([97]).buffer)), "a");
  throws(TypeError, () => new TextDecoder().decode("x" as never));
  const { fatal, ignoreBOM } = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  equal([fatal, ignoreBOM], [true, true]);
  throws(TypeError, () => new TextDecoder("utf-8", 1 as never));
});

const drain = async (stream: unknown): Promise<unknown[]> => {
  const chunks: unknown[] = [];
  for await (const chunk of stream as AsyncIterable<unknown>) chunks.push(chunk);
  return chunks;
};
const from = (...chunks: unknown[]) => new ReadableStream({ start(c) { for (const chunk of chunks) c.enqueue(chunk); c.close(); } });

test("TextDecoderStream", async () => {
  const bytes = encoded["utf-8"]!;
  equal((await drain(from(...bytes.map((byte) => new Uint8Array([byte]))).pipeThrough(new TextDecoderStream() as never))).join(""), sample);
  equal(await drain(from(new Uint8Array([0xf0, 0x9f])).pipeThrough(new TextDecoderStream() as never)), ["\ufffd"]);
  await rejects(TypeError, drain(from(new Uint8Array([0xff])).pipeThrough(new TextDecoderStream("utf-8", { fatal: true }) as never)));
  await rejects(TypeError, drain(from(new Uint8Array([0xf0])).pipeThrough(new TextDecoderStream("utf-8", { fatal: true }) as never)));
  await rejects(TypeError, drain(from("text").pipeThrough(new TextDecoderStream() as never)));
  equal(new TextDecoderStream("latin1").encoding, "windows-1252");
  throws(RangeError, () => new TextDecoderStream("x"));
});

test("TextEncoderStream", async () => {
  const encode = async (...chunks: unknown[]) => [...new Uint8Array(await new Response(from(...chunks).pipeThrough(new TextEncoderStream() as never) as never).arrayBuffer())];
  equal(await encode("a", "\ud83d", "\ude00"), [97, 0xf0, 0x9f, 0x98, 0x80]);
  equal(await encode("\ud83d", "a"), [0xef, 0xbf, 0xbd, 97]);
  equal(await encode("\ud83d"), [0xef, 0xbf, 0xbd]);
  equal(await encode("", 1, null), [..."1null"].map((char) => char.charCodeAt(0)));
  ok(new TextEncoderStream().encoding === "utf-8");
});
