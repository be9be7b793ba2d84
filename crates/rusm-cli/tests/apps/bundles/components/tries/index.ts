// Tries one thing that a profile may or may not grant, and tells what came of it. See `tests/apps/denials`, whose twin this is.
import { Process, call, connect, kv, spawn, type FetchContext, type Pid } from "rusm-ts";

const whereis = (name: string): Pid => {
  const pid = Process.whereis(name);
  if (pid === null) throw new Error(`there is no ${name}`);
  return pid;
};

const attempts: Record<string, (object: string) => unknown> = {
  "env-all": () => JSON.stringify(process.env),
  "env-one": (name) => process.env[name] ?? "nothing",
  "env-has": (name) => name in process.env,
  /** What is set is this process's own affair. */
  "env-set"(name) {
    const env = process.env as Record<string, string | undefined>;
    env[name] = "mine";
    return env[name];
  },

  fetch: async (address) => (await fetch(`http://${address}/`)).text(),
  async "fetch-name"(address) {
    const [, port] = address.split(":");
    return (await fetch(`http://localhost:${port}/`)).text();
  },
  async "fetch-redirect"(address) {
    return (await fetch(`http://${address}/to-another`)).text();
  },
  "fetch-file": async () => (await fetch("file:///etc/passwd")).text(),
  "fetch-data": async () => (await fetch("data:,hello")).text(),
  async "fetch-cause"(address) {
    try {
      await fetch(`http://${address}/`);
      return "no error";
    } catch (error) {
      return `${(error as Error).name}: ${String((error as Error).cause)}`;
    }
  },

  spawn: () => Process.isAlive(Process.spawn("idle").pid),
  "spawn-link": () => Process.isAlive(Process.spawn("idle", { link: true }).pid),
  "spawn-service": () => typeof spawn("idle"),
  "spawn-ungranted": () => Process.spawn("sealed"),
  "spawn-nothing": () => Process.spawn("no-such-component"),
  call: async () => (await call("answers#answer", new Request("http://test/"))).status,

  monitor: () => typeof Process.monitor(whereis("idle")),
  link: () => Process.link(whereis("idle")),
  info: () => Process.info(whereis("idle"))?.names.join(),
  list: () => Process.list().length > 1,
  exit: (victim) => Process.exit(whereis(victim), { kind: "killed" }),
  kill: (victim) => Process.kill(whereis(victim)),
  "register-reserved": () => Process.register("idle"),
  send: () => Process.send(whereis("idle"), "hello"),
  "is-alive": () => Process.isAlive(whereis("idle")),
  connect: () => typeof connect("idle"),

  kv: async () => kv.bucket("open").getText("greeting"),
  "kv-set": async () => kv.bucket("open").set("greeting", "hello"),
  "kv-other": async () => kv.bucket("other").getText("greeting"),
  "kv-batch": async () => kv.batch().set("open", "a", "1").set("other", "b", "2").write(),
  "kv-buckets": async () => JSON.stringify(await kv.buckets()),

  print(text) {
    console.log(text);
    console.error(text);
    return "printed";
  },
};

export default async function handle(request: Request, { params }: FetchContext): Promise<Response> {
  try {
    return new Response(`did it: ${String(await attempts[params["what"]!]!(await request.text()))}`);
  } catch (error) {
    const { code, message, cause } = error as Error & { code?: string };
    return new Response(`could not: ${code ?? "-"}: ${message}${cause === undefined ? "" : ` (${String((cause as Error).message)})`}`);
  }
}
