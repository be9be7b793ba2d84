// Does what it is told, as the worker of `tests/apps/actors` does.
import { Process, type Pid } from "rusm-ts";

interface Job {
  do: string;
  tell?: Pid;
  more?: unknown;
}

export default async function main(job: Job | undefined): Promise<void> {
  const tell = (value: unknown) => Process.send(job!.tell!, value);
  switch (job?.do) {
    case undefined:
    case "nothing":
      return;
    case "say":
      return tell(job!.more);
    case "throw":
      throw new Error("the worker was told to throw");
    case "unheard":
      void Promise.reject(new Error("the worker's rejection"));
      await Process.receive();
      return;
    case "exit":
      return Process.exitSelf({ kind: "crashed", text: "by itself" });
    case "shutdown":
      return Process.exitSelf({ kind: "shutdown", text: "enough" });
    case "echo":
      for (;;) {
        const message = await Process.receiveMessage();
        Process.send(message.from, message.value);
      }
    case "trapping":
      Process.trapExit(true);
      tell("ready");
      for (;;) {
        const mail = await Process.receive();
        if (mail.kind === "exit") tell([mail.kind, mail.reason]);
      }
    case "member":
      Process.join(String(job!.more));
      tell("joined");
      for (;;) tell((await Process.receiveMessage()).value);
    case "named":
      Process.register(String(job!.more));
      tell("registered");
      await Process.receive();
      return;
    case "source": {
      const writer = Process.openStream(job!.tell!);
      for (let n = 0; n < 16; n++) await writer.write(new Uint8Array(100_000).fill(1));
      if (job!.more !== "drop") writer.close();
      return;
    }
    case "idle":
      await Process.receive();
      return;
    case "endless":
      for (;;);
    default:
      throw new Error(`nobody can ${job!.do}`);
  }
}
