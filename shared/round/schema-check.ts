/** Holds answers to the job's schema as they are read. */
import type { JobSpec } from "../models.ts";
import type { ItemAnswer, ItemOutcome } from "../providers/provider.ts";
import type { AnswerCheck } from "../schema/answer-check.ts";

/** What an outcome is when the answer has been held to the job's schema. */
export type Judge = (outcome: ItemOutcome) => ItemOutcome;

/**
 * Makes an answer that does not fit an error that names the place. It keeps its response, and is asked again
 * `schema_retries` times.
 * @param tries rounds that were tried before this one
 */
export async function judgeOf({ schema, schema_retries }: JobSpec, tries: number): Promise<Judge> {
  if (!schema) return (outcome) => outcome;
  // Only a job with a schema carries the validator.
  const { answerCheck } = await import("../schema/answer-check.ts");
  const check = answerCheck(schema);
  const may_try_again = tries < schema_retries;
  return (outcome) => {
    if (outcome.status !== "succeeded" || !outcome.response) return outcome;
    const { response } = outcome;
    const problem = problemOf(response, check);
    if (problem === null) return outcome;
    // What was cut would be cut again.
    const retryable = may_try_again && response.finish_reason !== "length";
    return { ...outcome, status: "failed", error: `schema: ${problem}`, retryable };
  };
}

function problemOf(
  { parsed, content, tool_calls, finish_reason }: ItemAnswer,
  check: AnswerCheck,
): string | null {
  // A call of a tool is a turn before the answer.
  if (content === "" && tool_calls.length > 0) return null;
  if (parsed !== null) return check(JSON.parse(parsed));
  return finish_reason === "length"
    ? "the answer was cut at max_tokens before its JSON ended; raise max_tokens"
    : "the answer is not a JSON object";
}
