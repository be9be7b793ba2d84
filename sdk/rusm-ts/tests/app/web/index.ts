import { call, type FetchContext, type FetchHandler } from "rusm-ts";

export default async function handle(request: Request, { params }: FetchContext): Promise<Response> {
  const who = new URL(request.url).searchParams.get("who") ?? params["id"] ?? "world";
  const receipt = await call("billing#charge", new Request("http://localhost/"), { params: { who }, timeout: 500 });
  return new Response(receipt.body, { headers: { "content-type": "text/plain" } });
}

handle satisfies FetchHandler;
