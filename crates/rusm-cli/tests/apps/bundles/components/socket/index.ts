// Holds a connection, and does what its client says: a word, and the rest of the text for it. All else comes back.
import { Pid, Process, connect, websocket, type Connection } from "rusm-ts";

interface Calculator {
  add(a: number, b: number): number;
  slow(): void;
  count(from: number): Generator<number>;
}
const calculator = connect<Calculator>("calculator");

const words: Record<string, (s: Connection, rest: string) => unknown> = {
  pid: (s) => s.send(String(Process.self().value)),
  about: (s) => s.send(JSON.stringify([s.params["room"], s.path, [...s.query], s.headers.get("x-agent"), s.subprotocol, s.request.method])),
  tell(_, rest) {
    const [pid, ...text] = rest.split(" ");
    Process.send(Pid.of(BigInt(pid!)), text.join(" "));
  },
  push(_, rest) {
    const [pid, ...text] = rest.split(" ");
    Process.sendBytes(Pid.of(BigInt(pid!)), text.join(" "));
  },
  close(s, rest) {
    const [code, ...reason] = rest.split(" ");
    if (code) s.close(Number(code), reason.join(" "));
    else s.close();
  },
  "bad-close"(s, rest) {
    try {
      s.close(Number(rest));
    } catch (error) {
      s.send((error as Error).name);
    }
  },
  throw() {
    throw new Error("thrown in a handler");
  },
  async reject() {
    await null;
    throw new Error("rejected in a handler");
  },
  unheard() {
    void Promise.reject(new Error("unheard in a handler"));
  },
  object(s) {
    s.send({} as string);
  },
  /** Goes on beside the frames that come meanwhile. */
  timer(s, rest) {
    setTimeout(() => s.send("the time is over"), Number(rest));
  },
  interval(s, rest) {
    let left = 3;
    const timer = setInterval(() => {
      s.send(`tick ${left}`);
      if (--left === 0) clearInterval(timer);
    }, Number(rest));
  },
  get(s, url) {
    void fetch(url)
      .then((response) => response.text())
      .then(
        (text) => s.send(`fetched ${text}`),
        (error: Error) => s.send(`not fetched: ${error.message}`),
      );
  },
  call(s, rest) {
    void calculator.add(Number(rest), 1).then((sum) => s.send(`sum ${sum}`));
  },
  slow(s) {
    void calculator.slow().then(() => s.send("slow is over"));
  },
  async stream(s, rest) {
    for await (const n of calculator.count(1)) {
      s.send(String(n));
      if (n === Number(rest)) break;
    }
  },
  monitor(s, rest) {
    const { pid } = Process.spawn("worker", { argument: { do: rest }, monitor: true });
    s.send(String(pid.value));
  },
  flood(s, rest) {
    const piece = "x".repeat(1 << 14);
    for (let n = 0; n < Number(rest); n++) if (!s.send(piece)) return;
    s.send("all sent");
  },
  endless() {
    for (;;);
  },
};

export default websocket({
  open(s) {
    if (s.query.has("welcome")) s.send("welcome");
    if (s.query.has("throw")) throw new Error("thrown at the opening");
    if (s.query.has("close")) s.close(4001, "not today");
  },
  message(s, data) {
    if (typeof data !== "string") {
      s.send(data);
      return;
    }
    const space = data.indexOf(" ");
    const word = space < 0 ? data : data.slice(0, space);
    const run = Object.hasOwn(words, word) ? words[word] : undefined;
    if (run === undefined) s.send(data);
    else return run(s, space < 0 ? "" : data.slice(space + 1)) as Promise<void>;
  },
  mail(s, mail) {
    switch (mail.kind) {
      case "message":
        s.send(`mail ${JSON.stringify(mail.value)}`);
        break;
      case "down":
        s.send(`down ${mail.reason.kind}`);
    }
  },
  close(_, frame) {
    console.log(`closed ${frame === null ? "without a word" : `${frame.code} ${frame.reason}`}`);
  },
});
