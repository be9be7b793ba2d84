import { type Exchange, exchanges, server, state } from "./support/host";
import { equal, ok, rejects, test } from "./support/test";

const encode = (text: string) => new TextEncoder().encode(text);
type Answer = { status?: number; headers?: Record<string, string>; body?: (Uint8Array | undefined | Error)[] };

/** Answers by URL; each URL's answer may look at the exchange. */
const serve = (routes: Record<string, Answer | ((exchange: Exchange) => Answer)>): void => {
  exchanges.length = 0;
  server.answer = (exchange) => {
    const route = routes[exchange.url];
    if (route === undefined) throw new Error(`no such server: ${exchange.url}`);
    const { status = 200, headers = {}, body = [] } = typeof route === "function" ? route(exchange) : route;
    exchange.response = { status, headers: Object.entries(headers) };
    exchange.pieces = body;
  };
};
const sent = (name: string, exchange = exchanges.at(-1)!) => exchange.headers.find(([key]) => key === name)?.[1];

test("a GET", async () => {
  serve({ "http://a/x?y=1": { headers: { "content-type": "text/plain", "x-a": "b" }, body: [encode("hel"), undefined, encode("lo")] } });
  const response = await fetch("http://a/x?y=1#hash");
  equal([response.status, response.ok, response.type, response.url, response.redirected, response.headers.get("x-a")], [200, true, "basic", "http://a/x?y=1", false, "b"]);
  equal([exchanges[0]!.method, exchanges[0]!.body, sent("accept"), sent("accept-encoding"), sent("user-agent")?.startsWith("rusm/")], ["GET", undefined, "*/*", "gzip, deflate", true]);
  equal(await response.text(), "hello");
  ok(exchanges[0]!.dropped);
});

test("headers given stay as they are", async () => {
  serve({ "http://a/": {} });
  await fetch("http://a", { headers: { Accept: "x/y", "user-agent": "me", range: "bytes=0-1", authorization: "z" } });
  equal([sent("accept"), sent("user-agent"), sent("accept-encoding"), sent("authorization")], ["x/y", "me", "identity", "z"]);
});

for (const [what, body, bytes, type] of [
  ["a string", "täxt", encode("täxt"), "text/plain;charset=UTF-8"], ["bytes", encode("b"), encode("b"), undefined], ["a blob", new Blob(["c"], { type: "a/b" }), encode("c"), "a/b"],
  ["params", new URLSearchParams({ a: "1 2" }), encode("a=1+2"), "application/x-www-form-urlencoded;charset=UTF-8"],
] as [string, never, Uint8Array, string | undefined][]) {
  test(`a POST of ${what}`, async () => {
    serve({ "http://a/": {} });
    await fetch("http://a", { method: "post", body });
    const [exchange] = exchanges;
    equal([exchange!.method, exchange!.streams, sent("content-type")], ["POST", false, type]);
    equal(exchange!.body, bytes);
  });
}

test("a body that streams up, with back-pressure", async () => {
  let release = (): void => {};
  serve({ "http://a/": (exchange) => ((exchange.window = 3), { body: [encode("ok")] }) });
  const body = new ReadableStream({
    async start(controller) {
      controller.enqueue(encode("abcdef"));
      await new Promise<void>((resolve) => (release = resolve));
      controller.enqueue(encode("g"));
      controller.close();
    },
  });
  const response = await fetch("http://a", { method: "POST", body: body as never, duplex: "half" });
  equal([exchanges[0]!.streams, exchanges[0]!.ended], [true, false]);
  release();
  while (!exchanges[0]!.ended) await new Promise((resolve) => setTimeout(resolve, 1));
  equal(exchanges[0]!.written.map((piece) => new TextDecoder().decode(piece)).join(""), "abcdefg");
  equal(exchanges[0]!.ended, true);
  equal(await response.text(), "ok");
});

test("a streaming body that fails breaks the request off", async () => {
  exchanges.length = 0;
  server.answer = () => {};
  const body = new ReadableStream({ start: (controller) => controller.error(new RangeError("broken")) });
  await rejects(RangeError, fetch("http://a", { method: "POST", body: body as never, duplex: "half" }));
  ok(exchanges[0]!.dropped);
});

test("failures say why", async () => {
  serve({});
  const error = (await rejects(TypeError, fetch("http://denied/"))) as TypeError;
  equal([error.message, (error.cause as Error).message], ["fetch failed", "no such server: http://denied/"]);
  server.answer = (exchange) => {
    exchange.response = new Error("connection refused");
  };
  equal((((await rejects(TypeError, fetch("http://b/"))) as TypeError).cause as Error).message, "connection refused");
  for (const url of ["ftp://a/", "file:///etc/passwd", "blob:x", "about:blank"]) await rejects(TypeError, fetch(url), url);
  for (const url of ["/relative", "", "http://", "http://u:p@a/"]) await rejects(TypeError, fetch(url), url);
  await rejects(TypeError, (fetch as unknown as () => Promise<void>)());
});

test("a response that breaks off", async () => {
  serve({ "http://a/": { body: [encode("x"), new Error("reset")] } });
  const response = await fetch("http://a/");
  const error = (await rejects(TypeError, response.text())) as TypeError;
  equal((error.cause as Error).message, "reset");
  ok(exchanges[0]!.dropped);
});

/** fetch/api/redirect of the web platform tests. */
for (const status of [301, 302, 303, 307, 308]) {
  test(`a ${status} is followed`, async () => {
    serve({ "http://a/": { status, headers: { location: "/b?c" } }, "http://a/b?c": { body: [encode("there")] } });
    const response = await fetch("http://a/#frag");
    equal([response.redirected, response.url, await response.text()], [true, "http://a/b?c", "there"]);
    ok(exchanges[0]!.dropped);
  });
  test(`a ${status} after a POST`, async () => {
    serve({ "http://a/": { status, headers: { location: "http://a/b" } }, "http://a/b": {} });
    await fetch("http://a/", { method: "POST", body: "x", headers: { "content-language": "de", "x-own": "1" } });
    const kept = status === 307 || status === 308;
    equal([exchanges[1]!.method, exchanges[1]!.body === undefined, sent("content-type") === undefined, sent("content-language"), sent("x-own")], [kept ? "POST" : "GET", !kept, !kept, kept ? "de" : undefined, "1"]);
  });
  test(`a ${status} after a PUT and a HEAD`, async () => {
    serve({ "http://a/": { status, headers: { location: "http://a/b" } }, "http://a/b": {} });
    await fetch("http://a/", { method: "PUT", body: "x" });
    equal(exchanges[1]!.method, status === 303 ? "GET" : "PUT");
    await fetch("http://a/", { method: "HEAD" });
    equal(exchanges.at(-1)!.method, "HEAD");
  });
  test(`a ${status} without location`, async () => {
    serve({ "http://a/": { status } });
    equal((await fetch("http://a/")).status, status);
  });
  test(`a ${status} with redirect: manual and error`, async () => {
    serve({ "http://a/": { status, headers: { location: "/b" } } });
    const response = await fetch("http://a/", { redirect: "manual" });
    equal([response.status, response.headers.get("location"), response.redirected], [status, "/b", false]);
    await rejects(TypeError, fetch("http://a/", { redirect: "error" }));
  });
}
test("another origin learns no secrets", async () => {
  for (const [from, to, kept] of [["http://a/", "http://a/b", true], ["http://a/", "http://b/", false], ["http://a/", "https://a/", false], ["http://a/", "http://a:81/", false]] as const) {
    serve({ [from]: { status: 302, headers: { location: to } }, [to]: {} });
    await fetch(from, { headers: { authorization: "s", cookie: "s", "proxy-authorization": "s", "x-own": "1" } });
    equal([sent("authorization"), sent("cookie"), sent("proxy-authorization"), sent("x-own")], kept ? ["s", "s", "s", "1"] : [undefined, undefined, undefined, "1"]);
  }
});
test("twenty redirects and no more", async () => {
  const routes: Record<string, Answer> = {};
  for (let index = 0; index < 30; index += 1) routes[`http://a/${index}`] = index === 20 ? {} : { status: 302, headers: { location: `/${index + 1}` } };
  serve(routes);
  equal((await fetch("http://a/0")).url, "http://a/20");
  routes["http://a/20"] = { status: 302, headers: { location: "/21" } };
  await rejects(TypeError, fetch("http://a/0"));
});
test("where a redirect may not lead", async () => {
  for (const location of ["ftp://a/", "data:,x", "http://[", "http://u:p@a/", "file:///x"]) {
    serve({ "http://a/": { status: 302, headers: { location } } });
    await rejects(TypeError, fetch("http://a/"), location);
  }
  serve({ "http://a/": { status: 307, headers: { location: "/b" } }, "http://a/b": {} });
  const body = new ReadableStream({ start: (controller) => controller.close() });
  await rejects(TypeError, fetch("http://a/", { method: "POST", body: body as never, duplex: "half" }));
});

const compress = async (format: string, text: string) =>
  new Uint8Array(await new Response(new Blob([text]).stream().pipeThrough(new CompressionStream(format) as never) as never).arrayBuffer());
for (const [encoding, formats] of [["gzip", ["gzip"]], ["x-gzip", ["gzip"]], ["GZIP", ["gzip"]], ["deflate", ["deflate"]], ["deflate", ["deflate-raw"]], ["gzip, deflate", ["gzip", "deflate"]], ["identity", []]] as const) {
  test(`a body that is ${encoding} (${formats.join()})`, async () => {
    const text = "hello ".repeat(2000);
    let bytes: Uint8Array = encode(text);
    for (const format of formats) bytes = new Uint8Array(await new Response(new Blob([bytes as never]).stream().pipeThrough(new CompressionStream(format) as never) as never).arrayBuffer());
    const headers = { "content-encoding": encoding, "content-length": `${bytes.length}`, "content-type": "text/plain" };
    serve({ "http://a/": { headers, body: [bytes.slice(0, 5), undefined, bytes.slice(5)] } });
    const response = await fetch("http://a/");
    equal([...response.headers.keys()], formats.length > 0 ? ["content-type"] : ["content-encoding", "content-length", "content-type"]);
    equal(await response.text(), text);
  });
}
test("codings that are unknown, damaged, or of nothing", async () => {
  serve({ "http://a/": { headers: { "content-encoding": "br" }, body: [encode("raw")] } });
  equal(await (await fetch("http://a/")).text(), "raw");
  const gzip = await compress("gzip", "hello");
  serve({ "http://a/": { headers: { "content-encoding": "gzip" }, body: [gzip.slice(0, 12)] } });
  await rejects(TypeError, (await fetch("http://a/")).text());
  serve({ "http://a/": { headers: { "content-encoding": "gzip" }, body: [encode("no gzip at all")] } });
  await rejects(TypeError, (await fetch("http://a/")).text());
  serve({ "http://a/": { status: 204, headers: { "content-encoding": "gzip" } } });
  const response = await fetch("http://a/");
  equal([response.body, await response.text()], [null, ""]);
});

for (const status of [204, 205, 304]) test(`a ${status} has no body`, async () => {
  serve({ "http://a/": { status } });
  equal((await fetch("http://a/")).body, null);
  ok(exchanges[0]!.dropped);
});
test("a HEAD has no body", async () => {
  serve({ "http://a/": { headers: { "content-length": "5" } } });
  const response = await fetch("http://a/", { method: "HEAD" });
  equal([response.body, response.headers.get("content-length")], [null, "5"]);
});

/** fetch/api/abort of the web platform tests. */
test("aborted before", async () => {
  serve({ "http://a/": {} });
  await rejects("AbortError", fetch("http://a/", { signal: AbortSignal.abort() }));
  equal(await fetch("http://a/", { signal: AbortSignal.abort("why") }).catch((error: unknown) => error), "why");
  equal(exchanges.length, 0);
  const controller = new AbortController();
  const request = new Request("http://a/", { signal: controller.signal });
  controller.abort();
  await rejects("AbortError", fetch(request));
});
test("aborted while waiting for the response", async () => {
  exchanges.length = 0;
  server.answer = () => {};
  const controller = new AbortController();
  const fetching = fetch("http://a/", { signal: controller.signal });
  setTimeout(() => controller.abort(), 10);
  await rejects("AbortError", fetching);
  ok(exchanges[0]!.dropped);
  await rejects("TimeoutError", fetch("http://a/", { signal: AbortSignal.timeout(5) }));
});
test("aborted while the body arrives", async () => {
  const silent: (Uint8Array | undefined)[] = [encode("x"), ...new Array<undefined>(1000)];
  serve({ "http://a/": { body: silent } });
  const controller = new AbortController();
  const response = await fetch("http://a/", { signal: controller.signal });
  const reader = response.body!.getReader();
  equal([...(await reader.read()).value!], [120]);
  const reading = reader.read();
  controller.abort("enough");
  equal(await reading.catch((error: unknown) => error), "enough");
  ok(exchanges[0]!.dropped);
  serve({ "http://a/": { body: [encode("y")] } });
  const other = new AbortController();
  const late = await fetch("http://a/", { signal: other.signal });
  other.abort();
  await rejects("AbortError", late.text());
});
test("an abort when all is read changes nothing", async () => {
  serve({ "http://a/": { body: [encode("y")] } });
  const controller = new AbortController();
  const response = await fetch("http://a/", { signal: controller.signal });
  equal(await response.text(), "y");
  controller.abort();
});
test("an abort stops a streaming body", async () => {
  exchanges.length = 0;
  server.answer = () => {};
  let reason: unknown;
  const controller = new AbortController();
  const body = new ReadableStream({ cancel: (why) => void (reason = why) });
  const fetching = fetch("http://a", { method: "POST", body: body as never, duplex: "half", signal: controller.signal });
  setTimeout(() => controller.abort("stop"), 1);
  equal(await fetching.catch((error: unknown) => error), "stop");
  equal(reason, "stop");
});
test("a body that is cancelled drops the exchange", async () => {
  serve({ "http://a/": { body: [encode("y"), undefined, encode("z")] } });
  const response = await fetch("http://a/");
  await response.body!.cancel();
  ok(exchanges[0]!.dropped);
  const unread = (await fetch("http://a/")).headers;
  equal([...unread], []);
});
test("fetched headers are immutable, and clones read twice", async () => {
  serve({ "http://a/": { headers: { a: "b" }, body: [encode("1"), encode("2")] } });
  const response = await fetch("http://a/");
  await rejects(TypeError, (async () => response.headers.set("a", "c"))());
  const clone = response.clone();
  equal([await clone.text(), await response.text(), clone.url], ["12", "12", "http://a/"]);
});
test("a fetched response as another's body", async () => {
  serve({ "http://a/": { body: [encode("1"), undefined, encode("2")] } });
  const { body } = await fetch("http://a/");
  equal(await new Response(body).text(), "12");
});

/** fetch/data-urls/resources/data-urls.json, a selection. */
for (const [url, type, text] of [
  ["data:,test", "text/plain;charset=US-ASCII", "test"], ["data:text/html,a%20b", "text/html", "a b"], ["data:;base64,YWJj", "text/plain;charset=US-ASCII", "abc"], ["data:a/b;c=d;base64,YQ", "a/b;c=d", "a"],
  ["data:;charset=x,X", "text/plain;charset=x", "X"], ["data:x,%zz%4", "text/plain;charset=US-ASCII", "%zz%4"], ["data:text/plain ;base64,YQ==", "text/plain", "a"], ["data:,a#b", "text/plain;charset=US-ASCII", "a"],
] as const) {
  test(`fetches ${url}`, async () => {
    const response = await fetch(url);
    equal([response.status, response.headers.get("content-type"), await response.text()], [200, type, text]);
  });
}
test("data: URLs that are none", async () => {
  for (const url of ["data:test", "data:;base64,*"]) await rejects(TypeError, fetch(url), url);
});
test("not at module scope", async () => {
  state.imaging = true;
  const fetching = fetch("http://a/");
  state.imaging = false;
  ok(((await rejects(Error, fetching)) as Error).message.includes("use it in the handler"));
});
