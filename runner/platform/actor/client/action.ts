import type { Host } from "../host";
import { CALL_TIMEOUT } from "./connection";

/** Calls an action of a handlers component, named as a route does. */
export async function callAction(
  host: Host,
  action: string,
  request: InstanceType<typeof Request>,
  options?: { params?: Record<string, string>; timeout?: number },
): Promise<InstanceType<typeof Response>> {
  const hash = action.indexOf("#");
  if (hash < 0) {
    throw Object.assign(new Error(`\`${action}\` names no action: write \`component#action\``), { code: "not-found" });
  }
  const { pathname, search } = new URL(request.url);
  const call = {
    method: request.method,
    target: pathname + search,
    params: Object.entries(options?.params ?? {}),
    headers: [...request.headers],
    body: new Uint8Array(await request.arrayBuffer()),
  };
  const timeout = options?.timeout ?? CALL_TIMEOUT;
  const reply = host.native.callAction(action.slice(0, hash), action.slice(hash + 1), call, timeout);
  // A response of these statuses has no body by its nature (Fetch, "null body status").
  const empty = [101, 103, 204, 205, 304].includes(reply.status);
  return new Response(empty ? null : (reply.body as Uint8Array<ArrayBuffer>), {
    status: reply.status,
    headers: reply.headers,
  });
}
