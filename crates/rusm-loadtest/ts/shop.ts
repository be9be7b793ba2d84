/** The same app on both sides: Hono with 20 routes, and zod for what comes in. */
import { Hono } from "hono";
import { z } from "zod";

const Query = z.object({
  page: z.coerce.number().int().min(1).default(1),
  size: z.coerce.number().int().min(1).max(100).default(20),
  sort: z.enum(["name", "price", "age"]).default("name"),
});

const Item = z.object({
  name: z.string().min(1).max(80),
  price: z.number().positive(),
  tags: z.array(z.string()).max(8).optional(),
});

export const app = new Hono().basePath("/api");

for (const kind of ["users", "orders", "items", "carts", "reviews"]) {
  app.get(`/${kind}`, (c) => {
    const query = Query.safeParse(c.req.query());
    if (!query.success) return c.json({ error: "bad query" }, 400);
    return c.json({ kind, ...query.data });
  });
  app.get(`/${kind}/:id`, (c) => {
    const id = z.coerce.number().int().safeParse(c.req.param("id"));
    if (!id.success) return c.json({ error: "bad id" }, 400);
    return c.json({ kind, id: id.data });
  });
  app.post(`/${kind}`, async (c) => {
    const item = Item.safeParse(await c.req.json());
    if (!item.success) return c.json({ error: "bad item" }, 400);
    return c.json({ kind, ...item.data }, 201);
  });
  app.delete(`/${kind}/:id`, (c) => c.json({ kind, deleted: c.req.param("id") }));
}
