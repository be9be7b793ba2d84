// Prints the rejections that nobody hears of; see streams.test.ts.
import { MockNode } from "./node";

const { process } = globalThis as unknown as {
  process: { on(event: string, callback: (reason: unknown) => void): void; exit(): never };
};

const node = new MockNode();
const service = node.start(() => ({
  async *count() {
    yield 1;
  },
  fails() {
    throw new Error("mine");
  },
}));
const client = node.bare().rusm.connect<{ count(): AsyncGenerator<number>; fails(): number }>(service.pid);

process.on("unhandledRejection", (reason) => {
  console.log(String(reason));
  process.exit();
});
client.count();
void client.fails();
