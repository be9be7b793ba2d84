import ky, { HTTPError } from "ky";
import { FetchError, ofetch } from "ofetch";

const libraries: Record<string, (base: string) => unknown> = {
  async ky(base) {
    const seen: string[] = [];
    const api = ky.create({
      prefix: base,
      retry: { limit: 2, delay: () => 1 },
      headers: { "x-from": "ky" },
      hooks: { afterResponse: [({ response }) => void seen.push(`${response.status}`)] },
    });
    const echo = await api.post("echo", { json: { n: 1 }, searchParams: { a: "b c" } }).json();
    const flaky = await api.get("flaky/ky").text();
    const missing = await api.get("missing").catch((error: unknown) => (error instanceof HTTPError ? error.response.status : String(error)));
    const late = await api.get("late", { timeout: 20, retry: 0 }).catch((error: Error) => error.name);
    return { echo, flaky, missing, late, seen };
  },
  async ofetch(base) {
    const api = ofetch.create({ baseURL: base, retryDelay: 1, headers: { "x-from": "ofetch" } });
    const echo = await api("/echo", { method: "POST", body: { n: 1 }, query: { a: "b c" } });
    const flaky = await api("/flaky/ofetch", { retry: 2, responseType: "text" });
    const missing = await api("/missing").catch((error: unknown) => (error instanceof FetchError ? error.statusCode : String(error)));
    const raw = await api.raw("/echo", { method: "PUT", body: new URLSearchParams({ a: "1" }) });
    return { echo, flaky, missing, raw: [raw.status, raw.headers.get("content-type"), raw._data] };
  },
};

export default async function handle(request: Request): Promise<Response> {
  return Response.json(await libraries[new URL(request.url).pathname.slice(1)]!(process.env.UPSTREAM!));
}
