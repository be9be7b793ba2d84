/** Stands in for the Messages API: repeats the question, a word at a time. `bun mock.ts` runs it. */
const PACE = 200;

async function* answer(question: string) {
  yield { type: "message_start", message: { id: "msg_mock", type: "message", role: "assistant", content: [] } };
  yield { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } };
  for (const word of `You asked: ${question}`.split(/(?<= )/)) {
    await Bun.sleep(PACE);
    yield { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: word } };
  }
  yield { type: "content_block_stop", index: 0 };
  yield { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 1 } };
  yield { type: "message_stop" };
}

Bun.serve({
  hostname: "127.0.0.1",
  port: 9090,
  routes: {
    "/v1/messages": {
      async POST(request) {
        if (request.headers.get("authorization") !== "Bearer secret") {
          const error = { type: "authentication_error", message: "invalid key" };
          return Response.json({ type: "error", error }, { status: 401 });
        }
        const { messages } = await request.json();
        async function* events() {
          for await (const event of answer(messages[0].content)) {
            yield `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
          }
        }
        return new Response(events(), { headers: { "content-type": "text/event-stream" } });
      },
    },
  },
});
