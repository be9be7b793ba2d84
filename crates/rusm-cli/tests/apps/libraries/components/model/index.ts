import Anthropic from "@anthropic-ai/sdk";

/** The helper that puts a streamed message together, and what an error of the API becomes. */
export default async function handle(): Promise<Response> {
  const anthropic = new Anthropic({ apiKey: "secret", baseURL: process.env.UPSTREAM, maxRetries: 1 });
  const ask = { model: "claude-sonnet-5-5" as const, max_tokens: 100 };

  const texts: string[] = [];
  const stream = anthropic.messages
    .stream({ ...ask, messages: [{ role: "user", content: "weather?" }], tools: [{ name: "weather", input_schema: { type: "object" } }] })
    .on("text", (text) => texts.push(text));
  const { content, stop_reason, usage } = await stream.finalMessage();

  const whole = await anthropic.messages.create({ ...ask, messages: [{ role: "user", content: "whole" }] });
  const refused = await anthropic.messages.create({ ...ask, messages: [{ role: "user", content: "refuse" }] }).catch((error: unknown) =>
    error instanceof Anthropic.RateLimitError ? [error.status, error.requestID, error.message] : String(error),
  );
  return Response.json({ texts, content, stop_reason, usage, whole: whole.content, refused });
}
