import type { FetchContext } from "rusm-ts";

/** Answers the requests that `[serve.routes]` in rusm.toml leads here. */
export default function handle(request: Request, { params }: FetchContext): Response {
  if (params.id !== undefined) {
    return new Response(`user ${params.id}\n`);
  }
  return new Response("It runs.\n");
}
