import { digest } from "../chance.ts";
import { textOf } from "../openai/prompt.ts";
import { chatAnswer } from "../openai/upstream-answer.ts";
import type { Answer, BatchRequest, UpstreamRequest } from "../protocol.ts";
import { failed, messageBody, type ServiceTier } from "./answers.ts";

/** A Message request as a chat completion for an OpenAI-compatible server; what is no text goes as its JSON. */
export function toChat({ body }: BatchRequest): UpstreamRequest {
  const messages = (body["messages"] as { role: string; content: unknown }[]).map(({ role, content }) => ({
    role,
    content: textOf(content),
  }));
  if (body["system"] !== undefined) messages.unshift({ role: "system", content: textOf(body["system"]) });
  const chat: Record<string, unknown> = { model: body["model"], messages, max_tokens: body["max_tokens"] };
  for (const same of ["temperature", "top_p"]) if (body[same] !== undefined) chat[same] = body[same];
  if (body["stop_sequences"] !== undefined) chat["stop"] = body["stop_sequences"];
  return { path: "/chat/completions", body: chat };
}

/** A chat completion as a Message; errors keep their status. */
export function fromChat(
  { custom_id, body: asked }: BatchRequest,
  status: number,
  body: unknown,
  tier: ServiceTier,
): Answer {
  const answer = chatAnswer(status, body);
  if ("problem" in answer) return failed(answer.status, errorType(status), answer.problem);
  const { text, cut, usage } = answer;
  const parts = {
    id: digest("upstream", custom_id, text).slice(0, 24),
    model: String(asked["model"]),
    content: [{ type: "text", text, citations: null }],
    stop_reason: cut ? "max_tokens" : "end_turn",
    usage,
    tier,
  };
  return { status: 200, body: messageBody(parts), usage };
}

function errorType(status: number): string {
  if (status === 404) return "not_found_error";
  if (status === 429) return "rate_limit_error";
  return status >= 400 && status < 500 ? "invalid_request_error" : "api_error";
}
