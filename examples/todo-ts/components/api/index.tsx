/** The list over HTTP: a page, an API, and the changes as server-sent events. */
import { zValidator } from "@hono/zod-validator";
import { Hono } from "hono";
import { html } from "hono/html";
import { HTTPException } from "hono/http-exception";
import { streamSSE } from "hono/streaming";
import { Process, connect, pidOf, type CallError } from "rusm-ts";
import { z } from "zod";
import type { Change } from "../list";
import { Page } from "./page";

const list = connect<typeof import("../list")>("list");

/** How many milliseconds pass without an event before a word is sent that shows whether the client is still there. */
const QUIET = 15_000;

const New = z.object({ text: z.string().trim().min(1).max(200) });
const Patch = z.object({ done: z.boolean() });
const Id = z.object({ id: z.coerce.number().int().positive() });

/** What does not fit is answered with a line for each misfit. */
function valid<T extends z.ZodType>(where: "json" | "param", schema: T) {
  return zValidator(where, schema, (result) => {
    if (!result.success) {
      throw new HTTPException(400, { message: z.prettifyError(result.error) });
    }
  });
}

const app = new Hono();

app.get("/", async (c) => c.html(html`<!doctype html>${(<Page todos={await list.all()} />)}`));

app.get("/todos", async (c) => c.json(await list.all()));

app.post("/todos", valid("json", New), async (c) => c.json(await list.add(c.req.valid("json").text), 201));

app.patch("/todos/:id", valid("param", Id), valid("json", Patch), async (c) =>
  c.json(await list.setDone(c.req.valid("param").id, c.req.valid("json").done)),
);

app.delete("/todos/:id", valid("param", Id), async (c) => c.json(await list.remove(c.req.valid("param").id)));

app.get("/changes", (c) =>
  streamSSE(c, async (events) => {
    Process.monitor(pidOf(list));
    await events.writeSSE({ event: "list", data: JSON.stringify(await list.follow()), retry: 1000 });
    for (;;) {
      const mail = await Process.receive(QUIET);
      if (mail === null) {
        await events.write(": still here\n\n");
      } else if (mail.kind === "message") {
        const { kind, todo } = mail.value as Change;
        await events.writeSSE({ event: kind, data: JSON.stringify(todo) });
      } else if (mail.kind === "down") {
        return; // The list's process ended. The browser connects anew, and follows the next one.
      }
    }
  }),
);

app.onError((error, c) => {
  if (error instanceof HTTPException) {
    return c.json({ error: error.message }, error.status);
  }
  switch ((error as CallError).code) {
    case "no-such-todo":
      return c.json({ error: error.message }, 404);
    case "full":
      return c.json({ error: error.message }, 409);
    default:
      throw error;
  }
});

/** What Hono and zod make at their first use is made before the image of this component is taken. */
export async function warmup(): Promise<void> {
  await app.request("/todos/0", { method: "DELETE" });
  await app.request("/todos/0", { method: "PATCH" });
  await app.request("/todos", { method: "POST", body: "{}", headers: { "content-type": "application/json" } });
  String(<Page todos={[{ id: 1, text: "warm up", done: false }]} />);
}

export default app;
