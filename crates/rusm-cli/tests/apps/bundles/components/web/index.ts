// What a fetch handler does with requests and responses, one case for each path.
import { Process, type FetchContext } from "rusm-ts";

type Case = (request: Request, params: Record<string, string>) => Response | Promise<Response>;

const cases: Record<string, Case> = {
  plain: () => new Response("plain"),
  sync: () => new Response("at once"),
  async later() {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return new Response("later");
  },
  params: (_, params) => Response.json(params),

  request(request) {
    const { method, url, headers } = request;
    const { pathname, searchParams } = new URL(url);
    return Response.json({ method, url, pathname, query: [...searchParams], agent: headers.get("x-agent") });
  },
  /** Each byte of a header's value is one character. */
  latin(request) {
    const codes = [...(request.headers.get("x-name") ?? "")].map((character) => character.charCodeAt(0));
    return Response.json(codes, { headers: { "x-name": "caf\xe9 \xff" } });
  },

  async text(request) {
    return new Response(await request.text());
  },
  async json(request) {
    return Response.json({ got: await request.json() });
  },
  async form(request) {
    return Response.json([...(await request.formData())]);
  },
  async multipart(request) {
    const parts = [];
    for (const [name, value] of await request.formData()) {
      parts.push(typeof value === "string" ? [name, value] : [name, value.name, value.type, value.size, await value.text()]);
    }
    return Response.json(parts);
  },
  async bytes(request) {
    const bytes = new Uint8Array(await request.arrayBuffer());
    return Response.json({ length: bytes.length, sum: bytes.reduce((sum, byte) => sum + byte, 0) });
  },
  async twice(request) {
    await request.text();
    return request.text().then(
      () => new Response("twice"),
      (error: Error) => new Response(error.name),
    );
  },

  /** Counts as it comes, and says how much there was in one piece at most. */
  async upload(request) {
    let length = 0;
    let longest = 0;
    for await (const piece of request.body!) {
      length += piece.length;
      longest = Math.max(longest, piece.length);
    }
    return Response.json({ length, inPieces: longest < length });
  },
  echo: (request) => new Response(request.body, { headers: { "content-type": "application/octet-stream" } }),
  upper(request) {
    const upper = new TransformStream<string, string>({
      transform: (text, controller) => controller.enqueue(text.toUpperCase()),
    });
    const body = request.body!.pipeThrough(new TextDecoderStream()).pipeThrough(upper).pipeThrough(new TextEncoderStream());
    return new Response(body);
  },
  download(_, { n }) {
    let left = Number(n);
    const piece = new Uint8Array(1 << 16).fill(7);
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (left-- > 0) controller.enqueue(piece);
        else controller.close();
      },
    });
    return new Response(body);
  },

  /** A tick when the process is told of one, and the first at once. */
  events() {
    const encoder = new TextEncoder();
    let n = 0;
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        if (n++ === 0) controller.enqueue(encoder.encode(`event: pid\ndata: ${Process.self().value}\n\n`));
        else {
          const mail = await Process.receiveMessage<string>();
          if (mail.value === "end") controller.close();
          else controller.enqueue(encoder.encode(`data: ${mail.value}\n\n`));
        }
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } });
  },
  async push(request, { n }) {
    const { Pid } = await import("rusm-ts");
    Process.send(Pid.of(BigInt(n!)), await request.text());
    return new Response("sent");
  },
  /** Writes until nobody reads, and says in the log that it heard of that. */
  flood() {
    const piece = new Uint8Array(1 << 14);
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(piece),
      cancel: () => console.log("the client left"),
    });
    return new Response(body);
  },
  /** The same, by a clock and not by what the client takes. */
  ticks() {
    let timer: ReturnType<typeof setInterval> | undefined;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        timer = setInterval(() => controller.enqueue(new Uint8Array([116, 10])), 5);
      },
      cancel() {
        clearInterval(timer);
        console.log("the ticks end");
      },
    });
    return new Response(body);
  },

  head: () => new Response("four"),
  made() {
    const headers = new Headers({ "X-One": "1" });
    headers.append("set-cookie", "a=1; Path=/");
    headers.append("Set-Cookie", "b=2");
    headers.append("x-list", "a");
    headers.append("x-list", "b");
    return new Response("made", { status: 201, headers });
  },
  empty: () => new Response(null, { status: 204 }),
  redirect: () => Response.redirect("https://example.org/elsewhere", 303),
};

export default {
  fetch(request: Request, { params }: FetchContext): Response | Promise<Response> {
    const run = cases[params["case"] ?? ""];
    return run === undefined ? new Response("no such case", { status: 404 }) : run(request, params);
  },
};
