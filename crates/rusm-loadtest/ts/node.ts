/** The app on Node: `bun build --target=node ts/node.ts`, for node runs no TypeScript with imports like these. */
import { serve } from "@hono/node-server";
import { app } from "./shop";

const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, (address) => {
  console.log(`listening on http://127.0.0.1:${address.port}`);
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => (server.close(), process.exit(0)));
