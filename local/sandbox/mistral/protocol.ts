import { hasLoneSurrogate } from "../../../shared/json/surrogates.ts";
import type { Plan, StoredBatch } from "../batch.ts";
import { promptTokens } from "../composer.ts";
import { isBlank, readLines } from "../lines.ts";
import { promptOf } from "../openai/prompt.ts";
import { openaiProtocol } from "../openai/protocol.ts";
import type { BatchRequest, Protocol } from "../protocol.ts";

const openai = openaiProtocol(inspect, true);

const withModel = (fields: Record<string, unknown>, request: BatchRequest): BatchRequest => ({
  ...request,
  body: fields["realtime"] ? request.body : { ...request.body, model: fields["model"] },
});

/** How Mistral's jobs run: results are OpenAI's lines, requests are `{custom_id, body}`, and the model is the job's. */
export const mistralProtocol: Protocol = {
  ...openai,
  answer: (asked, request) => openai.answer(asked, withModel(asked.fields, request)),
  toUpstream: (asked, request) => openai.toUpstream(asked, withModel(asked.fields, request)),
};

/** A file that cannot be read fails the job; each message is counted. */
async function inspect(batch: StoredBatch, path: string): Promise<Plan> {
  const plan: Plan = { requests: 0, model: String(batch.fields["model"]), prompt_tokens: 0, errors: [] };
  let at = 0;
  for await (const line of readLines(path)) {
    at += 1;
    if (isBlank(line)) continue;
    plan.requests += 1;
    const tokens = tokensIn(line, String(batch.fields["endpoint"]));
    if (typeof tokens === "number") plan.prompt_tokens += tokens;
    else if (plan.errors.length < 100) {
      plan.errors.push({ code: "invalid_line", line: at, message: tokens, param: null });
    }
  }
  if (plan.requests === 0) {
    plan.errors.push({ code: "empty_file", line: null, message: "The file has no requests.", param: null });
  }
  return plan;
}

/** Prompt tokens of a line, or what is wrong with it. */
function tokensIn(line: Buffer, endpoint: string): number | string {
  const text = line.toString("utf8");
  try {
    const { custom_id, body } = hasLoneSurrogate(text) ? { custom_id: null, body: null } : JSON.parse(text);
    if (typeof custom_id !== "string" && custom_id !== undefined) return "Invalid JSON line.";
    if (typeof body !== "object" || body === null) return "Field required: body.";
    return promptTokens(promptOf(endpoint, body).texts);
  } catch {
    return "Invalid JSON line.";
  }
}
