import { isObject, objectAt, objectsAt, textAt } from "../../../shared/json/values.ts";
import { openaiUsage } from "../../../shared/providers/openai/usage.ts";
import type { Tokens } from "../protocol.ts";

/** Tokens of an upstream answer, in either of OpenAI's two namings. */
export function upstreamUsage(body: unknown): Tokens {
  const usage = (body as { usage?: unknown } | null)?.usage;
  const ours = openaiUsage(isObject(usage) ? usage : {});
  return {
    input: ours.prompt_tokens,
    cached: ours.cached_tokens ?? 0,
    written: ours.cache_write_tokens ?? 0,
    output: ours.completion_tokens,
    reasoning: ours.reasoning_tokens ?? 0,
  };
}

/** A chat completion of an upstream server: what it says, or why there is none. */
export function chatAnswer(
  status: number,
  body: unknown,
): { text: string; cut: boolean; usage: Tokens } | { status: number; problem: string } {
  const answer = isObject(body) ? body : {};
  const [choice] = objectsAt(answer, "choices");
  if (status === 200 && choice) {
    const text = textAt(objectAt(choice, "message"), "content") ?? "";
    return { text, cut: choice["finish_reason"] === "length", usage: upstreamUsage(body) };
  }
  const message = textAt(objectAt(answer, "error"), "message");
  const problem = message ?? `The upstream server answered ${status} without a completion.`;
  return { status: status === 200 ? 502 : status, problem };
}
