import { Hono, type Context } from "hono";
import { deleteCookie, getCookie, getSignedCookie, setCookie, setSignedCookie } from "hono/cookie";
import { compress } from "hono/compress";
import { cors } from "hono/cors";
import { etag } from "hono/etag";
import { HTTPException } from "hono/http-exception";
import { jwt, sign, type JwtVariables } from "hono/jwt";
import { stream, streamSSE, streamText } from "hono/streaming";

const SECRET = "not so secret";

const app = new Hono<{ Variables: { trace: string[] } }>();

// Each of them around the next.
for (const name of ["outer", "inner"]) {
  app.use("/order/*", async (c, next) => {
    const trace = c.get("trace") ?? [];
    c.set("trace", trace);
    trace.push(`${name} in`);
    await next();
    trace.push(`${name} out`);
    c.header("x-trace", trace.join(", "));
  });
}
app.get("/order/:what", (c) => {
  c.get("trace").push(c.req.param("what"));
  return c.text("done");
});

const api = new Hono().basePath("/v1");
api.get("/users/:id{[0-9]+}", (c) => c.json({ id: Number(c.req.param("id")), page: c.req.query("page") ?? null }));
api.get("/users/:name", (c) => c.json({ name: c.req.param("name") }));
api.get("/files/*", (c) => c.text(c.req.path));
api.post("/forms", async (c) => c.json(await c.req.parseBody({ all: true })));
api.all("/any/:optional?", (c) => c.text(`${c.req.method} ${c.req.param("optional") ?? "-"}`));
app.route("/api", api);

app.get("/cookies", async (c) => {
  setCookie(c, "plain", "a b", { path: "/", httpOnly: true, maxAge: 60 });
  await setSignedCookie(c, "signed", "ann", SECRET, { sameSite: "Strict" });
  deleteCookie(c, "old");
  return c.json({ plain: getCookie(c, "plain") ?? null, signed: (await getSignedCookie(c, SECRET, "signed")) ?? null });
});

app.post("/login", async (c) => c.text(await sign({ sub: "ann", exp: Math.floor(Date.now() / 1000) + 60 }, SECRET, "HS256")));
app.get("/old-login", async (c) => c.text(await sign({ sub: "ann", exp: 1 }, SECRET, "HS256")));
app.use("/private/*", jwt({ secret: SECRET, alg: "HS256" }));
app.get("/private/me", (c: Context<{ Variables: JwtVariables<{ sub: string }> }>) => c.text(c.get("jwtPayload").sub));

app.get("/stream", (c) =>
  stream(c, async (out) => {
    await out.write(new Uint8Array([104, 105, 32]));
    await out.pipe(new Response("there").body!);
  }),
);
app.get("/lines", (c) =>
  streamText(c, async (out) => {
    for (const line of ["one", "two"]) {
      await out.writeln(line);
      await out.sleep(1);
    }
  }),
);
app.get("/events", (c) =>
  streamSSE(c, async (out) => {
    await out.writeSSE({ id: "1", event: "greeting", data: "hello\nthere" });
  }),
);

app.get("/page", (c) => c.html(<p title={'"'}>{"<b>"}</p>));
app.get("/etag", etag(), (c) => c.text("the same"));
app.get("/compressed", compress(), (c) => c.text("tea ".repeat(1000)));
app.get("/cors", cors({ origin: "https://example.com" }), (c) => c.text("shared"));
app.get("/redirect", (c) => c.redirect("/page", 303));
app.get("/teapot", () => {
  throw new HTTPException(418, { message: "short and stout" });
});
app.get("/broken", () => {
  throw new Error("what nobody should see");
});
app.notFound((c) => c.text(`no ${c.req.path}`, 404));
app.onError((error, c) => (error instanceof HTTPException ? error.getResponse() : c.text("sorry", 500)));

export async function warmup(): Promise<void> {
  await app.request("/order/warmup");
}

export default app;
