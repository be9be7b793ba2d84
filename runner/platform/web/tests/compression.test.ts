import { equal, ok, rejects, test, throws } from "./support/test";

const stream = (...chunks: unknown[]) => new ReadableStream({ start(c) { for (const chunk of chunks) c.enqueue(chunk); c.close(); } });
const bytesOf = async (readable: unknown): Promise<Uint8Array> => new Uint8Array(await new Response(readable as never).arrayBuffer());
const deflate = (format: string, ...chunks: unknown[]) => bytesOf(stream(...chunks).pipeThrough(new CompressionStream(format) as never));
const inflate = (format: string, ...chunks: unknown[]) => bytesOf(stream(...chunks).pipeThrough(new DecompressionStream(format) as never));
const encode = (text: string) => new TextEncoder().encode(text);

/** compression/decompression-correct-input.tentative.any.js: "expected output", as others compressed it. */
const compressed: Record<string, number[]> = {
  deflate: [120, 156, 75, 173, 40, 72, 77, 46, 73, 77, 81, 200, 47, 45, 41, 40, 45, 1, 0, 48, 173, 6, 36],
  gzip: [31, 139, 8, 0, 0, 0, 0, 0, 0, 3, 75, 173, 40, 72, 77, 46, 73, 77, 81, 200, 47, 45, 41, 40, 45, 1, 0, 176, 1, 57, 179, 15, 0, 0, 0],
  "deflate-raw": [0x4b, 0xad, 0x28, 0x48, 0x4d, 0x2e, 0x49, 0x4d, 0x51, 0xc8, 0x2f, 0x2d, 0x29, 0x28, 0x2d, 0x01, 0x00],
};

for (const [format, bytes] of Object.entries(compressed)) {
  const input = new Uint8Array(bytes);
  for (const size of [1, 2, 3, 7, bytes.length]) {
    test(`${format} in pieces of ${size}`, async () => {
      const pieces: Uint8Array[] = [];
      for (let at = 0; at < input.length; at += size) pieces.push(input.slice(at, at + size));
      equal(await inflate(format, ...pieces), encode("expected output"));
    });
  }
  test(`${format} there and back`, async () => {
    for (const text of ["", "a", "aaaa".repeat(50_000)]) {
      const small = await deflate(format, encode(text));
      ok(text.length < 100 || small.length < text.length / 100);
      equal((await inflate(format, small)).length, text.length);
    }
    const noise = new Uint8Array(300_000);
    for (let at = 0; at < noise.length; at += 60_000) crypto.getRandomValues(noise.subarray(at, at + 60_000));
    const back = await inflate(format, await deflate(format, noise.subarray(0, 1000), noise.subarray(1000)));
    ok(back.length === noise.length && back.every((byte, at) => byte === noise[at]));
  });
  test(`${format} of buffers and views`, async () => {
    equal(await inflate(format, await deflate(format, encode("ab").buffer, new DataView(encode("xcd").buffer, 1), new Uint16Array([0x6665]))), encode("abcdef"));
    equal(await inflate(format, await deflate(format)), new Uint8Array(0));
    equal(await inflate(format, await deflate(format, new Uint8Array(0))), new Uint8Array(0));
  });
  test(`${format}: a chunk that is none`, async () => {
    for (const chunk of ["text", 1, {}, [], null, undefined]) {
      await rejects(TypeError, deflate(format, chunk));
      await rejects(TypeError, inflate(format, chunk));
    }
  });
  /** decompression-corrupt-input.tentative.any.js. */
  test(`${format} cut short`, async () => {
    for (let length = 0; length < input.length; length += 1) await rejects(TypeError, inflate(format, input.slice(0, length)), `${length} bytes:`);
  });
  test(`${format} with more behind the end`, async () => {
    await rejects(TypeError, inflate(format, new Uint8Array([...bytes, 0])));
    await rejects(TypeError, inflate(format, input, new Uint8Array([1, 2])));
  });
}
for (const [format, at, value] of [["deflate", 0, 0], ["deflate", 1, 157], ["deflate", 2, 5], ["deflate", 20, 0], ["gzip", 0, 255], ["gzip", 1, 255], ["gzip", 2, 7], ["gzip", 28, 2], ["gzip", 32, 1]] as const) {
  test(`${format} with byte ${at} changed`, async () => {
    const bytes = new Uint8Array(compressed[format]!);
    bytes[at] = value;
    await rejects(TypeError, inflate(format, bytes));
  });
}
test("unknown formats", () => {
  for (const format of ["", "a", "GZIP", "br", "zstd"]) {
    throws(TypeError, () => new CompressionStream(format));
    throws(TypeError, () => new DecompressionStream(format));
  }
  throws(TypeError, () => new (CompressionStream as unknown as new () => void)());
});
