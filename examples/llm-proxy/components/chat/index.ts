/** Answers a question by a language model, word by word as they come. */
import Anthropic from "@anthropic-ai/sdk";

const MODEL = "claude-sonnet-5-5";

export default async function handle(request: Request): Promise<Response> {
  const question = (await request.text()).trim();
  if (question === "") {
    return Response.json({ error: "ask something" }, { status: 400 });
  }
  // The key is in the environment of this process, and not in the image that it started from.
  const anthropic = new Anthropic();
  try {
    const answer = await anthropic.messages.create({
      model: MODEL,
      max_tokens: 1024,
      stream: true,
      messages: [{ role: "user", content: question }],
    });
    const events = lines(answer);
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const { done, value } = await events.next();
        done ? controller.close() : controller.enqueue(value);
      },
      // The client has gone: the model may stop.
      cancel: () => answer.controller.abort(),
    });
    return new Response(body, { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } });
  } catch (error) {
    if (!(error instanceof Anthropic.APIError)) {
      throw error;
    }
    console.error(error.message);
    return Response.json({ error: "the model gave no answer" }, { status: error.status === 429 ? 503 : 502 });
  }
}

/** Of the model's events what a reader wants to know: the text, and why it ended. */
async function* lines(answer: AsyncIterable<Anthropic.MessageStreamEvent>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  const line = (event: string, data: unknown) => encoder.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  for await (const event of answer) {
    if (event.type === "content_block_delta" && event.delta.type === "text_delta") {
      yield line("text", event.delta.text);
    } else if (event.type === "message_delta") {
      yield line("end", event.delta.stop_reason);
    }
  }
}
