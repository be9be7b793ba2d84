/** What the pieces of a small handler cost; `cargo bench -p rusm-runner-web` prints it. */
import { installWeb, makeRequest, replyOf } from "../index";
import { native } from "./support/host";

const harness = globalThis as unknown as { __webNatives: never; __measure(name: string, body: () => void): void };
installWeb(globalThis, native, harness.__webNatives);

const incoming = {
  headers: () => [["host", "localhost:8080"], ["accept", "*/*"], ["user-agent", "bench"]] as [string, string][],
  authority: () => "localhost:8080",
  body: () => ({ read: () => null, whenReady() {}, cancel() {} }),
};
const request = makeRequest("GET", "/hello?who=bob", incoming);
const url = "http://localhost:8080/hello?who=bob";
const parsed = new URL(url);
const response = new Response("hello, bob\n", { headers: { "content-type": "text/plain" } });
const handler = (request: Request): Response => {
  const who = new URL(request.url).searchParams.get("who") ?? "world";
  return new Response(`hello, ${who}\n`, { headers: { "content-type": "text/plain" } });
};

const measure = harness.__measure;
measure("an empty function", () => {});
measure("makeRequest", () => void makeRequest("GET", "/hello?who=bob", incoming));
measure("makeRequest, url", () => void makeRequest("GET", "/hello?who=bob", incoming).url);
measure("new URL", () => void new URL(url));
measure("new URL, a path that needs work", () => void new URL("http://localhost:8080/a/../b c"));
measure("url.pathname", () => void parsed.pathname);
measure("new URL, searchParams.get", () => void new URL(url).searchParams.get("who"));
measure("new Response of a string", () => void new Response("hello, bob\n"));
measure("new Response with a header", () => void new Response("hello, bob\n", { headers: { "content-type": "text/plain" } }));
measure("new Response with 3 headers", () => void new Response("hello, bob\n", { headers: { "content-type": "text/plain", "x-own": "a", "cache-control": "no-store" } }));
measure("new Headers with a header", () => void new Headers({ "content-type": "text/plain" }));
measure("headers.get", () => void response.headers.get("content-type"));
measure("request.headers of 3, get", () => void makeRequest("GET", "/hello?who=bob", incoming).headers.get("accept"));
measure("the whole hello", () => void replyOf(handler(makeRequest("GET", "/hello?who=bob", incoming))));
measure("Response.json", () => void Response.json({ a: 1 }));
measure("new TextEncoder().encode", () => void new TextEncoder().encode("hello"));
measure("setTimeout, clearTimeout", () => clearTimeout(setTimeout(() => {}, 1000)));
measure("new AbortController().abort()", () => new AbortController().abort());
measure("new ReadableStream", () => void new ReadableStream());
measure("crypto.randomUUID", () => void crypto.randomUUID());
measure("Math.random", () => void Math.random());
void request;
