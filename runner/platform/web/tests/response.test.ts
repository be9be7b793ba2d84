import { equal, ok, rejects, test, throws } from "./support/test";

const text = (response: { text(): Promise<string> }) => response.text();

test("defaults", () => {
  const response = new Response();
  equal([response.type, response.url, response.redirected, response.status, response.ok, response.statusText, response.body], ["default", "", false, 200, true, "", null]);
  equal([...response.headers], []);
  ok(response.headers === response.headers);
});

test("options", async () => {
  const response = new Response("x", { status: 404, statusText: "Not here", headers: { a: "b", "content-type": "text/html" } });
  equal([response.status, response.ok, response.statusText, response.headers.get("a")], [404, false, "Not here", "b"]);
  equal(response.headers.get("content-type"), "text/html");
  equal(await text(response), "x");
});

for (const status of [0, 100, 199, 600, 1000, -1, Number.NaN]) {
  test(`refuses the status ${status}`, () => throws(RangeError, () => new Response("", { status })));
}
for (const statusText of ["\n", "Ā", "a\0"]) test(`refuses the status text ${JSON.stringify(statusText)}`, () => throws(TypeError, () => new Response("", { statusText })));
for (const status of [204, 205, 304]) {
  test(`a ${status} has no body`, () => {
    throws(TypeError, () => new Response("", { status }));
    equal(new Response(null, { status }).body, null);
    throws(TypeError, () => Response.json({}, { status }));
  });
}

/** response-init-contenttype.any.js. */
const boundary = /^multipart\/form-data; boundary=\S+$/;
for (const [what, make, type] of [
  ["a string", () => "x", "text/plain;charset=UTF-8"],
  ["URLSearchParams", () => new URLSearchParams("a=b"), "application/x-www-form-urlencoded;charset=UTF-8"],
  ["a Blob", () => new Blob(["x"], { type: "a/b" }), "a/b"],
  ["a Blob without type", () => new Blob(["x"]), null],
  ["bytes", () => new Uint8Array(1), null],
  ["a buffer", () => new ArrayBuffer(1), null],
  ["a stream", () => new ReadableStream(), null],
  ["a number", () => 7, "text/plain;charset=UTF-8"],
  ["an object", () => ({}), "text/plain;charset=UTF-8"],
] as [string, () => never, string | null][]) {
  test(`the type of ${what}`, () => {
    equal(new Response(make()).headers.get("content-type"), type);
    equal(new Response(make(), { headers: { "Content-Type": "x/y" } }).headers.get("content-type"), "x/y");
  });
}
test("the type of FormData", () => ok(boundary.test(new Response(new FormData()).headers.get("content-type")!)));

/** response-consume.any.js: each kind of body, read each way. */
const bodies: [string, () => never][] = [
  ["a string", () => "abc" as never],
  ["bytes", () => new Uint8Array([97, 98, 99]) as never],
  ["a view", () => new DataView(new Uint8Array([0, 97, 98, 99]).buffer, 1) as never],
  ["a buffer", () => new Uint8Array([97, 98, 99]).buffer as never],
  ["a Blob", () => new Blob(["a", "bc"]) as never],
  ["a stream", () => new ReadableStream({ start(c) { c.enqueue(new Uint8Array([97])); c.enqueue(new Uint8Array([98, 99])); c.close(); } }) as never],
  ["a byte stream", () => new ReadableStream({ type: "bytes", start(c) { c.enqueue(new Uint8Array([97, 98, 99])); c.close(); } }) as never],
];
for (const [what, make] of bodies) {
  test(`${what} read as text, JSON, bytes, buffer, Blob and stream`, async () => {
    equal(await new Response(make()).text(), "abc");
    await rejects(SyntaxError, new Response(make()).json());
    equal(await new Response(make()).bytes(), new Uint8Array([97, 98, 99]));
    equal((await new Response(make()).arrayBuffer()).byteLength, 3);
    const blob = await new Response(make(), { headers: { "content-type": "text/PLAIN; charset=X" } }).blob();
    equal([blob.size, blob.type, await blob.text()], [3, "text/plain;charset=X", "abc"]);
    const pieces: number[] = [];
    for await (const chunk of new Response(make()).body as unknown as AsyncIterable<Uint8Array>) pieces.push(...chunk);
    equal(pieces, [97, 98, 99]);
    await rejects(TypeError, new Response(make()).formData());
  });
  test(`${what} is read once`, async () => {
    const response = new Response(make());
    equal(response.bodyUsed, false);
    const reading = response.text();
    equal(response.bodyUsed, true);
    await reading;
    await rejects(TypeError, response.text());
    await rejects(TypeError, response.arrayBuffer());
    throws(TypeError, () => response.clone());
    ok(response.body!.locked);
  });
  test(`a clone of ${what}`, async () => {
    const response = new Response(make(), { status: 201, headers: { a: "b" } });
    const clone = response.clone();
    equal([clone.status, clone.headers.get("a")], [201, "b"]);
    clone.headers.set("a", "c");
    equal(response.headers.get("a"), "b");
    equal(await clone.text(), "abc");
    equal(await response.text(), "abc");
  });
  test(`a stream of ${what} that is locked or was read`, async () => {
    const response = new Response(make());
    const reader = response.body!.getReader();
    await rejects(TypeError, response.text());
    throws(TypeError, () => response.clone());
    equal(response.bodyUsed, false);
    await reader.read();
    equal(response.bodyUsed, true);
    reader.releaseLock();
    await rejects(TypeError, response.text());
    throws(TypeError, () => new Response(response.body));
  });
}

test("no body reads as nothing", async () => {
  const response = new Response();
  equal(await response.text(), "");
  equal(response.bodyUsed, false);
  equal(await response.text(), "");
  equal((await response.arrayBuffer()).byteLength, 0);
  await rejects(SyntaxError, response.json());
});

test("text takes a byte order mark away and mends surrogates", async () => {
  equal(await new Response("\ufeffabc").text(), "abc");
  equal(await new Response(new Uint8Array([0xef, 0xbb, 0xbf, 0x61])).text(), "a");
  equal(await new Response("a\ud800").text(), "a\ufffd");
  equal(await new Response(new Uint8Array([0xff])).text(), "\ufffd");
  equal(await new Response("\ufeff[1]").json(), [1]);
});

test("a stream of anything but bytes is refused", async () => {
  for (const chunk of ["x", 1, {}, null, undefined, new ArrayBuffer(1)]) {
    const stream = new ReadableStream({ start: (c) => c.enqueue(chunk) });
    await rejects(TypeError, new Response(stream as never).text());
  }
});

test("a stream's error reaches the reader", async () => {
  const response = new Response(new ReadableStream({ start: (c) => c.error(new RangeError("x")) }));
  await rejects(RangeError, response.text());
});

test("bytes are copied in and out", async () => {
  const bytes = new Uint8Array([1, 2]);
  const response = new Response(bytes);
  bytes[0] = 9;
  const clone = response.clone();
  const out = await response.bytes();
  out[0] = 7;
  equal(await clone.bytes(), new Uint8Array([1, 2]));
});

test("Response.json", async () => {
  const response = Response.json({ a: [1] }, { status: 201, headers: { x: "y" } });
  equal([response.status, response.headers.get("content-type"), response.headers.get("x")], [201, "application/json", "y"]);
  equal(await response.json(), { a: [1] });
  equal(Response.json(1, { headers: { "content-type": "a/b" } }).headers.get("content-type"), "a/b");
  throws(TypeError, () => Response.json(Symbol() as never));
  throws(TypeError, () => Response.json(undefined));
  const circular: { self?: unknown } = {};
  circular.self = circular;
  throws(TypeError, () => Response.json(circular));
});

test("Response.redirect and Response.error", () => {
  for (const status of [301, 302, 303, 307, 308]) {
    const response = Response.redirect("http://a/b c", status);
    equal([response.status, response.headers.get("location"), response.body], [status, "http://a/b%20c", null]);
  }
  equal(Response.redirect("http://a/").status, 302);
  for (const status of [200, 300, 304, 399, 404]) throws(RangeError, () => Response.redirect("http://a/", status));
  throws(TypeError, () => Response.redirect("no URL"));
  const error = Response.error();
  equal([error.type, error.status, error.ok, error.body], ["error", 0, false, null]);
});

test("wrong receivers", async () => {
  throws(TypeError, () => (Object.getOwnPropertyDescriptor(Response.prototype, "status")!.get as () => void).call({}));
  await rejects(TypeError, Response.prototype.text.call({} as never));
  equal(String(new Response()), "[object Response]");
});
