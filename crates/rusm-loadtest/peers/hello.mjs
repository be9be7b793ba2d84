// The TypeScript handler's work by Node's own server: the URL parsed, a response with a header.
import { createServer } from "node:http";

const server = createServer((request, response) => {
  const url = new URL(request.url, `http://${request.headers.host}`);
  const body = `hello, ${url.searchParams.get("who") ?? "world"}\n`;
  // What rusm sends besides its handler's own headers.
  response.removeHeader("connection");
  response.writeHead(200, { "content-type": "text/plain", "content-length": Buffer.byteLength(body) });
  response.end(body);
});
server.keepAliveTimeout = 0;
server.listen(0, "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
