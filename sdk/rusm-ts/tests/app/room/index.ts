import { Process, Topics, kv as store, service, type Call, type Mail, type Message } from "rusm-ts";

const rooms = new Topics<string>();
let name = "lobby";

export default service({
  async init(argument) {
    name = typeof argument === "string" ? argument : ((await store.getText("rooms", "default")) ?? name);
    Process.sendInterval(1_000, Process.self(), { kind: "tick" });
  },
  mail(mail) {
    if (mail.kind === "message") {
      // @ts-expect-error: nobody knows what was sent before it was looked at.
      mail.value.kind;
    }
  },
});

export function join(this: Call, room: string): boolean {
  return rooms.subscribe(room, this.caller);
}

export async function wait(): Promise<string> {
  const mail: Mail | null = await Process.receive(100);
  const forever: Mail = await Process.receive();
  const message: Message<{ text: string }> | null = await Process.receiveMessage<{ text: string }>(100);
  const down = await Process.receiveMatch((mail) => mail.kind === "down");
  // @ts-expect-error: it may be null when the time is over.
  const never: Mail = await Process.receive(100);
  void [mail, forever, down, never];
  return message?.value.text ?? name;
}

export async function counted(): Promise<[number, bigint]> {
  for await (const [key, value] of store.bucket("stats").entries({ prefix: "a" })) {
    console.log(key.toUpperCase(), value.length);
  }
  for await (const key of store.bucket("stats").keys({ keys: "bytes" })) {
    console.log(key.byteLength);
  }
  return [await store.bucket("stats").increment("n"), await store.bucket("stats").increment("n", 1n)];
}
