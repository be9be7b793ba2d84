// What module scope sees, and what a process sees afterwards.

console.log("module scope speaks");

const scope = {
  random: Math.random(),
  now: Date.now(),
  date: new Date().getTime(),
  performance: performance.now(),
  origin: performance.timeOrigin,
  env: process.env["GREETING"] ?? null,
};

function refusal(work: () => unknown): string {
  try {
    work();
    return "allowed";
  } catch (error) {
    return (error as Error).message;
  }
}

const refused = {
  getRandomValues: refusal(() => crypto.getRandomValues(new Uint8Array(8))),
  randomUUID: refusal(() => crypto.randomUUID()),
  setTimeout: refusal(() => setTimeout(() => {}, 1)),
  setInterval: refusal(() => setInterval(() => {}, 1)),
};

/** `fetch` gives a promise, whatever happens. */
let fetched = "";
try {
  await fetch("http://127.0.0.1:1/");
} catch (error) {
  fetched = (error as Error).message;
}

const { env } = process;
const table = new Map([["kept", 1]]);
let warm = 0;
let requests = 0;

export async function warmup(): Promise<void> {
  await null;
  warm += 1;
}

export default function handle(): Response {
  requests += 1;
  table.set("kept", table.get("kept")! + 1);
  return Response.json({
    scope,
    refused,
    fetched,
    warm,
    requests,
    kept: table.get("kept"),
    fresh: {
      random: Math.random(),
      now: Date.now(),
      date: new Date().getTime(),
      performance: performance.now(),
      origin: performance.timeOrigin,
      bytes: [...crypto.getRandomValues(new Uint8Array(16))].join(),
      uuid: crypto.randomUUID(),
      env: env["GREETING"] ?? null,
    },
  });
}
