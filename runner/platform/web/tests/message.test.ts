import { equal, ok, test, throws } from "./support/test";

const next = (port: MessagePort) => new Promise<MessageEvent>((resolve) => (port.onmessage = (event) => resolve(event)));

test("messages arrive in order, each in a task", async () => {
  const { port1, port2 } = new MessageChannel();
  const log: unknown[] = [];
  port2.onmessage = (event) => void log.push(event.data);
  port1.postMessage(1);
  port1.postMessage({ a: [2] });
  equal(log, []);
  await Promise.resolve();
  equal(log, []);
  await new Promise((resolve) => setTimeout(resolve, 0));
  equal(log, [1, { a: [2] }]);
});

test("what comes before start waits", async () => {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage("early");
  const event = await next(port2);
  equal([event.data, event.isTrusted, event.ports.length], ["early", true, 0]);
  ok(event.target === port2);
  const log: unknown[] = [];
  const other = new MessageChannel();
  other.port2.addEventListener("message", (message: MessageEvent) => void log.push(message.data));
  other.port1.postMessage(1);
  await new Promise((resolve) => setTimeout(resolve, 0));
  equal(log, []);
  other.port2.start();
  await new Promise((resolve) => setTimeout(resolve, 0));
  equal(log, [1]);
});

test("closed", async () => {
  const { port1, port2 } = new MessageChannel();
  let count = 0;
  port2.onmessage = () => void (count += 1);
  port1.close();
  port1.postMessage(1);
  port2.postMessage(1);
  await new Promise((resolve) => setTimeout(resolve, 0));
  equal(count, 0);
});

test("ports and buffers transferred", async () => {
  const { port1, port2 } = new MessageChannel();
  const inner = new MessageChannel();
  const buffer = new ArrayBuffer(3);
  port1.postMessage({ port: inner.port2, buffer }, [inner.port2, buffer]);
  const event = await next(port2);
  const { port } = event.data as { port: MessagePort };
  ok(event.ports[0] === port && buffer.detached);
  inner.port1.postMessage("through");
  equal((await next(port)).data, "through");
  throws("DataCloneError", () => port1.postMessage(1, [port1]));
  throws("DataCloneError", () => port1.postMessage(() => {}));
  throws("DataCloneError", () => port1.postMessage(1, { transfer: [inner.port2] }));
  throws(TypeError, () => new MessagePort());
});
