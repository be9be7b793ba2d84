import { app } from "../../shop";

export default app;

/** Runs what the libraries prepare at their first use, before the image is taken. */
export async function warmup(): Promise<void> {
  await app.request("/api/items?page=2&sort=price");
  await app.request("/api/items/7");
  await app.request("/api/items", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "lamp", price: 3 }),
  });
}
