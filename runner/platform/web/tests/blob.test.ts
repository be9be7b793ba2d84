import { clock } from "./support/host";
import { equal, ok, test, throws } from "./support/test";

/** FileAPI/blob/Blob-constructor.any.js. */
for (const [what, parts, expected] of [
  ["strings", ["a", "bc"], "abc"], ["nothing", [], ""], ["numbers and others", [1, null, undefined, { toString: () => "x" }, [2, 3]], "1nullundefinedx2,3"],
  ["buffers and views", [new Uint8Array([97]), new Uint8Array([98]).buffer, new DataView(new Uint8Array([120, 99]).buffer, 1)], "abc"],
  ["blobs", [new Blob(["a"]), new Blob(["b", "c"])], "abc"], ["lone surrogates", ["\ud800"], "\ufffd"], ["an iterable", new Set(["x", "y"]), "xy"], ["16-bit elements", [new Uint16Array([0x6261])], "ab"],
] as [string, never, string][]) {
  test(`a blob of ${what}`, async () => {
    const blob = new Blob(parts);
    equal(await blob.text(), expected);
    equal(blob.size, new TextEncoder().encode(expected).length);
    equal(await blob.bytes(), new TextEncoder().encode(expected));
  });
}
for (const bad of [null, "text", 1, true, {}]) test(`refuses parts that are ${JSON.stringify(bad)}`, () => void throws(TypeError, () => new Blob(bad as never)));

for (const [type, expected] of [["a/b", "a/b"], ["A/B", "a/b"], ["te\u0131t/plain", ""], ["x\0", ""], [" a ", " a "], [undefined, ""], [null, "null"], ["image/gif;x=Y", "image/gif;x=y"]] as [never, string][]) {
  test(`the type ${JSON.stringify(type)}`, () => equal(new Blob([], { type }).type, expected));
}

/** FileAPI/blob/Blob-slice.any.js. */
for (const [start, end, expected] of [[undefined, undefined, "squiggle"], [0, 8, "squiggle"], [2, undefined, "uiggle"], [-3, undefined, "gle"], [2, -2, "uigg"], [5, 2, ""], [99, undefined, ""], [-99, 2, "sq"], [NaN, 1, "s"], [1.6, 3, "u"], ["2" as never, 4, "ui"]] as [number, number, string][]) {
  test(`slice ${start} to ${end}`, async () => equal(await new Blob(["squiggle"]).slice(start, end).text(), expected));
}
test("a slice's type", () => equal([new Blob([], { type: "a/b" }).slice().type, new Blob([]).slice(0, 0, "C/D").type], ["", "c/d"]));

test("line endings", async () => {
  equal(await new Blob(["a\r\nb\rc\n"], { endings: "native" }).text(), "a\nb\nc\n");
  equal(await new Blob(["a\r\n"], { endings: "transparent" }).text(), "a\r\n");
  throws(TypeError, () => new Blob([], { endings: "x" as never }));
});

test("what is read is a copy", async () => {
  const bytes = new Uint8Array([1]);
  const blob = new Blob([bytes]);
  bytes[0] = 2;
  (await blob.bytes())[0] = 3;
  equal(await blob.bytes(), new Uint8Array([1]));
});

test("streams", async () => {
  const pieces: number[] = [];
  for await (const piece of new Blob([new Uint8Array(150_000)]).stream() as unknown as AsyncIterable<Uint8Array>) pieces.push(piece.length);
  equal(pieces.reduce((a, b) => a + b), 150_000);
  const reader = (new Blob(["abcdef"]).stream() as ReadableStream).getReader({ mode: "byob" });
  const { value } = await reader.read(new Uint8Array(4));
  equal([...value!], [97, 98, 99, 100]);
});

test("files", () => {
  const file = new File(["x"], "n\ud800", { type: "A/b", lastModified: 7.9 });
  equal([file.name, file.type, file.lastModified, file.size], ["n\ufffd", "a/b", 7, 1]);
  ok(file instanceof Blob);
  equal(new File([], "").lastModified, clock.wall);
  throws(TypeError, () => new (File as never as new (...values: unknown[]) => File)([]));
  throws(TypeError, () => new (File as never as new () => File)());
  equal(String(file), "[object File]");
  equal(String(new Blob()), "[object Blob]");
});
