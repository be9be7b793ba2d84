import { makeRequest } from "../index";
import { state } from "./support/host";
import { equal, ok, rejects, test, throws } from "./support/test";

test("defaults", () => {
  const request = new Request("http://a");
  equal([request.method, request.url, request.destination, request.referrer, request.referrerPolicy, request.mode, request.credentials, request.cache], ["GET", "http://a/", "", "about:client", "", "cors", "same-origin", "default"]);
  equal([request.redirect, request.integrity, request.keepalive, request.isReloadNavigation, request.duplex, request.body, request.bodyUsed], ["follow", "", false, false, "half", null, false]);
  ok(request.signal instanceof AbortSignal && request.signal === request.signal && !request.signal.aborted);
});

for (const [given, expected] of [["get", "GET"], ["GeT", "GET"], ["post", "POST"], ["delete", "DELETE"], ["head", "HEAD"], ["options", "OPTIONS"], ["put", "PUT"], ["patch", "patch"], ["PATCH", "PATCH"], ["Foo", "Foo"]] as const) {
  test(`the method ${given} is ${expected}`, () => equal(new Request("http://a", { method: given }).method, expected));
}
for (const method of ["CONNECT", "trace", "TRACK", "a b", "", "é"]) test(`refuses the method ${JSON.stringify(method)}`, () => throws(TypeError, () => new Request("http://a", { method })));

/** request-error.any.js. */
for (const [what, url, init] of [
  ["a relative URL", "/a", {}], ["no URL", "http://[", {}], ["a password", "http://a:b@c", {}], ["a user", "http://a@c", {}], ["a window", "http://a", { window: {} }],
  ["the mode navigate", "http://a", { mode: "navigate" }], ["an unknown mode", "http://a", { mode: "x" }], ["unknown credentials", "http://a", { credentials: "x" }],
  ["an unknown cache", "http://a", { cache: "x" }], ["an unknown redirect", "http://a", { redirect: "x" }], ["an unknown referrer policy", "http://a", { referrerPolicy: "x" }],
  ["only-if-cached with cors", "http://a", { cache: "only-if-cached", mode: "cors" }], ["a GET with a body", "http://a", { body: "" }], ["a HEAD with a body", "http://a", { method: "HEAD", body: "x" }],
  ["a signal that is none", "http://a", { signal: {} }], ["a stream without duplex", "http://a", { method: "POST", body: new ReadableStream() }], ["an unknown duplex", "http://a", { duplex: "full" }],
  ["a referrer that is no URL", "http://a", { referrer: "http://:invalid url" }], ["options that are no object", "http://a", 1],
] as [string, string, never][]) {
  test(`refuses ${what}`, () => throws(TypeError, () => new Request(url, init)));
}

test("made of a request", async () => {
  const from = new Request("http://a/#f", { method: "POST", body: "x", headers: { a: "b" }, redirect: "manual", mode: "same-origin" });
  const request = new Request(from, { headers: { c: "d" } });
  equal([request.url, request.method, request.redirect, request.mode, request.headers.get("a"), request.headers.get("c")], ["http://a/#f", "POST", "manual", "same-origin", null, "d"]);
  equal(from.bodyUsed, true);
  equal(await request.text(), "x");
  throws(TypeError, () => new Request(from));
  const other = new Request("http://a", { method: "POST", body: "y" });
  equal(await new Request(other, { body: "z" }).text(), "z");
  equal(other.bodyUsed, false);
  throws(TypeError, () => new Request(other, { method: "GET" }));
});

test("headers and types", () => {
  const request = new Request("http://a", { method: "POST", body: new URLSearchParams("a=b") });
  equal(request.headers.get("content-type"), "application/x-www-form-urlencoded;charset=UTF-8");
  request.headers.set("host", "b");
  equal(new Request(request, { body: "x" }).headers.get("host"), "b");
});

test("the signal follows the one given", () => {
  const controller = new AbortController();
  const request = new Request("http://a", { signal: controller.signal });
  const clone = request.clone();
  ok(request.signal !== controller.signal);
  controller.abort("why");
  equal([request.signal.aborted, request.signal.reason, clone.signal.reason], [true, "why", "why"]);
  equal(new Request(request).signal.aborted, true);
  equal(new Request(request, { signal: null }).signal.aborted, false);
});

test("cloned", async () => {
  const request = new Request("http://a", { method: "POST", body: new ReadableStream({ start(c) { c.enqueue(new Uint8Array([97])); c.close(); } }) as never, duplex: "half" });
  const clone = request.clone();
  equal(await clone.text(), "a");
  equal(await request.text(), "a");
  throws(TypeError, () => request.clone());
});

test("a JSON body", async () => {
  const request = new Request("http://a", { method: "POST", body: '{"a":1}' });
  equal(await request.json(), { a: 1 });
  await rejects(TypeError, request.json());
});

const asked = { headers: 0, authority: 0, body: 0 };
const incoming = (method: string, target: string, host: string | undefined, pieces: (Uint8Array | undefined)[] = []) => {
  Object.assign(asked, { headers: 0, authority: 0, body: 0 });
  return makeRequest(method, target, {
    headers: () => ((asked.headers += 1), [["accept", "*/*"], ["cookie", "a=\xe9"]]),
    authority: () => ((asked.authority += 1), host),
    body: () => ({
      read: () => ((asked.body += 1), pieces.length === 0 ? null : pieces.shift()),
      whenReady: (callback) => void queueMicrotask(callback),
      cancel() {},
    }),
  });
};

test("the request that came in asks for what is looked at", () => {
  const request = incoming("GET", "/a?b=c", "example.com:8080");
  equal(request.url, "http://example.com:8080/a?b=c");
  equal(request.url, "http://example.com:8080/a?b=c");
  equal([request.method, request.body], ["GET", null]);
  equal(asked, { headers: 0, authority: 1, body: 0 });
  equal(request.headers.get("cookie"), "a=\xe9");
  equal(request.headers.get("accept"), "*/*");
  equal(asked, { headers: 1, authority: 1, body: 0 });
  throws(TypeError, () => request.headers.set("a", "b"));
});

for (const [target, host, url] of [
  ["/", undefined, "http://localhost/"], ["/a", "[::1]:80", "http://[::1]/a"], ["/a b", "x", "http://x/a%20b"], ["//evil/x", "a", "http://a//evil/x"],
  ["http://proxied/x", "a", "http://proxied/x"], ["*", "a", "http://a/"], ["/a", "bad host", "http://localhost/a"], ["/%2e%2e/a", "a", "http://a/a"], ["/a", "A.EXAMPLE", "http://a.example/a"],
] as const) {
  test(`the target ${target} at ${host} is ${url}`, () => equal(incoming("GET", target, host).url, url));
}

test("the body that came in, read and streamed", async () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  equal(await incoming("POST", "/", "a", [bytes("ab"), undefined, bytes("c")]).text(), "abc");
  equal(await incoming("POST", "/", "a", []).text(), "");
  const request = incoming("POST", "/", "a", [bytes("ab"), undefined, bytes("c")]);
  const pieces: string[] = [];
  for await (const piece of request.body!.pipeThrough(new TextDecoderStream() as never) as unknown as AsyncIterable<string>) pieces.push(piece);
  equal(pieces.join(""), "abc");
  equal(request.bodyUsed, true);
  const copied = incoming("POST", "/x", "a", [bytes("q")]);
  equal(await new Request(copied).text(), "q");
  const cloned = incoming("POST", "/x", "a", [bytes("q")]);
  equal(await cloned.clone().text(), "q");
  equal(await cloned.text(), "q");
});

test("a request that came in can be changed and sent on", () => {
  const request = new Request(incoming("POST", "/x", "a"), { headers: { a: "b" } });
  equal([request.method, request.url, request.headers.get("a"), request.headers.get("accept")], ["POST", "http://a/x", "b", null]);
  const next = new Request("http://b/y", incoming("POST", "/x", "a") as never);
  equal([next.method, next.url, next.headers.get("accept")], ["POST", "http://b/y", "*/*"]);
});

test("the request of the host", async () => {
  state.requestHeaders = [["host", "h:1"], ["a", "b"]];
  state.requestBody = [new TextEncoder().encode("bo"), undefined, new TextEncoder().encode("dy")];
  const request = makeRequest("PUT", "/x");
  equal([request.url, request.headers.get("a"), await request.text()], ["http://h:1/x", "b", "body"]);
});
