import { equal, ok, rejects, test, throws } from "./support/test";

/** The behaviours of streams/ in the web platform tests that programs rely on; the polyfill itself is run against all of them. */
const chunks = async (stream: unknown): Promise<unknown[]> => {
  const seen: unknown[] = [];
  for await (const chunk of stream as AsyncIterable<unknown>) seen.push(chunk);
  return seen;
};
const of = (...values: unknown[]) => new ReadableStream({ start(c) { for (const value of values) c.enqueue(value); c.close(); } });

test("read to the end", async () => {
  const reader = of("a", "b").getReader();
  equal(await reader.read(), { value: "a", done: false });
  equal(await reader.read(), { value: "b", done: false });
  equal(await reader.read(), { value: undefined, done: true });
  await reader.closed;
});
test("pull is called as the queue has room", async () => {
  let pulls = 0;
  const stream = new ReadableStream({ pull(c) { pulls += 1; c.enqueue(pulls); } }, { highWaterMark: 2 });
  await Promise.resolve();
  await Promise.resolve();
  await new Promise((resolve) => setTimeout(resolve, 0));
  equal(pulls, 2);
  const reader = stream.getReader();
  equal((await reader.read()).value, 1);
  await new Promise((resolve) => setTimeout(resolve, 0));
  equal(pulls, 3);
});
test("errors from start, pull and the controller", async () => {
  await rejects(RangeError, chunks(new ReadableStream({ start: (c) => c.error(new RangeError("x")) })));
  await rejects(RangeError, chunks(new ReadableStream({ pull() { throw new RangeError("x"); } })));
  await rejects(RangeError, chunks(new ReadableStream({ async start() { throw new RangeError("x"); } })));
  throws(RangeError, () => new ReadableStream({ start() { throw new RangeError("x"); } }));
});
test("locks", async () => {
  const stream = of(1);
  const reader = stream.getReader();
  ok(stream.locked);
  throws(TypeError, () => stream.getReader());
  throws(TypeError, () => stream.tee());
  await rejects(TypeError, stream.cancel());
  reader.releaseLock();
  equal(stream.locked, false);
  await rejects(TypeError, reader.read());
  equal(await chunks(stream), [1]);
});
test("cancel", async () => {
  let reason: unknown;
  const stream = new ReadableStream({ cancel: (why) => void (reason = why) });
  await stream.cancel("why");
  equal(reason, "why");
  equal(await chunks(stream), []);
  await rejects(RangeError, new ReadableStream({ cancel() { throw new RangeError("x"); } }).cancel());
});
test("iteration cancels at a break, unless told not to", async () => {
  let cancelled = 0;
  const make = () => new ReadableStream({ pull: (c) => c.enqueue(1), cancel: () => void (cancelled += 1) });
  for await (const _ of make() as unknown as AsyncIterable<number>) break;
  equal(cancelled, 1);
  const kept = make();
  for await (const _ of kept.values({ preventCancel: true }) as unknown as AsyncIterable<number>) break;
  equal([cancelled, kept.locked], [1, false]);
});
test("tee", async () => {
  const [a, b] = of(1, 2).tee();
  equal([await chunks(a), await chunks(b)], [[1, 2], [1, 2]]);
  let reason: unknown;
  const [c, d] = new ReadableStream({ cancel: (why) => void (reason = why) }).tee();
  void c.cancel("c");
  await d.cancel("d");
  equal(reason, ["c", "d"]);
});
test("ReadableStream.from", async () => {
  const from = (ReadableStream as unknown as { from(source: unknown): unknown }).from;
  equal(await chunks(from([1, 2])), [1, 2]);
  equal(await chunks(from((async function* () { yield "a"; yield "b"; })())), ["a", "b"]);
  equal(await chunks(from(new Set([Promise.resolve(1)]))), [1]);
  for (const bad of [null, 1, {}, undefined]) throws(TypeError, () => from(bad));
});
test("byte streams read into the reader's own buffer", async () => {
  const stream = new ReadableStream({ type: "bytes", pull(c: { byobRequest: { view: unknown; respond(n: number): void } }) { const view = c.byobRequest.view as Uint8Array; view.set([1, 2]); c.byobRequest.respond(2); } } as never) as never as ReadableStream;
  const reader = stream.getReader({ mode: "byob" });
  const buffer = new ArrayBuffer(4);
  const { value } = await reader.read(new Uint8Array(buffer));
  equal([...value!], [1, 2]);
  ok(buffer.detached && value!.buffer.byteLength === 4);
  await rejects(TypeError, reader.read(new Uint8Array(0)));
});
test("byte streams: min, default readers, auto-allocation", async () => {
  let next = 0;
  const source = { type: "bytes", pull(c: { enqueue(chunk: Uint8Array): void }) { next += 1; c.enqueue(new Uint8Array([next])); } };
  const reader = (new ReadableStream(source as never) as never as ReadableStream).getReader({ mode: "byob" });
  equal([...(await reader.read(new Uint8Array(4), { min: 3 })).value!], [1, 2, 3]);
  const allocating = new ReadableStream({ type: "bytes", autoAllocateChunkSize: 8, pull(c: { byobRequest: { view: Uint8Array; respond(n: number): void } }) { ok(c.byobRequest.view.byteLength === 8); c.byobRequest.respond(3); } } as never) as never as ReadableStream;
  equal((await allocating.getReader().read()).value!.length, 3);
  throws(TypeError, () => of(1).getReader({ mode: "byob" }));
  throws(TypeError, () => new ReadableStream({ type: "bytes", start: (c: { enqueue(chunk: unknown): void }) => c.enqueue("text") } as never));
});
test("writers wait for their sink", async () => {
  const log: unknown[] = [];
  const stream = new WritableStream({ async write(chunk) { await null; log.push(chunk); }, close: () => void log.push("close") });
  const writer = stream.getWriter();
  equal(writer.desiredSize, 1);
  void writer.write("a");
  equal(writer.desiredSize, 0);
  void writer.write("b");
  await writer.close();
  equal(log, ["a", "b", "close"]);
  await rejects(TypeError, writer.write("late"));
});
test("a sink that fails", async () => {
  const stream = new WritableStream({ write() { throw new RangeError("x"); } });
  const writer = stream.getWriter();
  void writer.closed.catch(() => {});
  void writer.ready.catch(() => {});
  await rejects(RangeError, writer.write(1));
  await rejects(RangeError, writer.write(2));
});
test("abort reaches the sink and its signal", async () => {
  let signal: AbortSignal | undefined;
  let reason: unknown;
  const stream = new WritableStream({ start(c) { signal = c.signal as never; }, abort: (why) => void (reason = why) });
  await stream.abort("why");
  equal([reason, signal!.aborted, signal!.reason], ["why", true, "why"]);
});
test("pipeTo and pipeThrough", async () => {
  const log: unknown[] = [];
  await of(1, 2).pipeTo(new WritableStream({ write: (chunk) => void log.push(chunk), close: () => void log.push("close") }));
  equal(log, [1, 2, "close"]);
  const double = new TransformStream({ transform: (chunk: number, c) => { c.enqueue(chunk); c.enqueue(chunk * 2); }, flush: (c) => c.enqueue("end" as never) });
  equal(await chunks(of(1, 5).pipeThrough(double)), [1, 2, 5, 10, "end"]);
  equal(await chunks(of(7).pipeThrough(new TransformStream())), [7]);
});
test("pipes carry errors both ways, unless told not to", async () => {
  const broken = () => new ReadableStream({ start: (c) => c.error(new RangeError("x")) });
  let aborted: unknown;
  await rejects(RangeError, broken().pipeTo(new WritableStream({ abort: (why) => void (aborted = why) })));
  ok(aborted instanceof RangeError);
  let cancelled: unknown;
  const source = new ReadableStream({ pull: (c) => c.enqueue(1), cancel: (why) => void (cancelled = why) });
  await rejects(RangeError, source.pipeTo(new WritableStream({ write() { throw new RangeError("y"); } })));
  ok(cancelled instanceof RangeError);
  const sink = new WritableStream();
  await rejects(RangeError, broken().pipeTo(sink, { preventAbort: true }));
  await sink.getWriter().close();
});
test("a pipe's signal", async () => {
  const controller = new AbortController();
  const piping = new ReadableStream().pipeTo(new WritableStream(), { signal: controller.signal as never });
  controller.abort("enough");
  equal(await piping.catch((error: unknown) => error), "enough");
});
test("transforms: terminate, error, back-pressure", async () => {
  equal(await chunks(of(1, 2, 3).pipeThrough(new TransformStream({ transform(chunk: number, c) { c.enqueue(chunk); if (chunk === 2) c.terminate(); } }))).catch(() => "failed"), [1, 2]);
  await rejects(RangeError, chunks(of(1).pipeThrough(new TransformStream({ transform() { throw new RangeError("x"); } }))));
  const { writable } = new TransformStream();
  const writer = writable.getWriter();
  let done = false;
  void writer.write(1).then(() => (done = true));
  await new Promise((resolve) => setTimeout(resolve, 0));
  equal(done, false);
});
test("queuing strategies", () => {
  equal([new CountQueuingStrategy({ highWaterMark: 3 }).size(undefined), new ByteLengthQueuingStrategy({ highWaterMark: 3 }).size(new Uint8Array(7) as never)], [1, 7]);
  equal(new CountQueuingStrategy({ highWaterMark: 3 }).highWaterMark, 3);
  throws(RangeError, () => new ReadableStream({}, { highWaterMark: -1 }));
  throws(TypeError, () => new (CountQueuingStrategy as unknown as new () => void)());
});
test("shape", () => {
  equal([String(new ReadableStream()), String(new WritableStream()), String(new TransformStream())], ["[object ReadableStream]", "[object WritableStream]", "[object TransformStream]"]);
  equal([ReadableStream.name, WritableStream.name, TransformStream.name], ["ReadableStream", "WritableStream", "TransformStream"]);
  ok(Object.keys(ReadableStream.prototype).includes("getReader"));
});
