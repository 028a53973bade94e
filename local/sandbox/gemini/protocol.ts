import type { Plan, StoredBatch } from "../batch.ts";
import { digest } from "../chance.ts";
import { promptTokens, tokensOf } from "../composer.ts";
import { isBlank, readLines, requestTokens } from "../lines.ts";
import { chatAnswer } from "../openai/upstream-answer.ts";
import type { Answer, Asked, BatchRequest, Protocol } from "../protocol.ts";
import {
  contentBody,
  failed,
  geminiAnswer,
  geminiEmbedding,
  geminiEmbeddings,
  promptOf,
  statusBody,
} from "./answers.ts";

/** How Gemini's batches run: results are in the order of the requests, and come all or not at all. */
export const geminiProtocol: Protocol = {
  separateErrors: false,
  inOrder: true,
  allOrNothing: true,
  inspect,
  parse(line) {
    const { key, request } = JSON.parse(line.toString("utf8"));
    return { custom_id: key ?? "", body: request };
  },
  answer(asked, { body }) {
    const { embeds } = asked.fields;
    if (embeds === "many") return geminiEmbeddings(modelOf(asked), body);
    return embeds ? geminiEmbedding(modelOf(asked), body) : geminiAnswer(modelOf(asked), body);
  },
  toUpstream: toChat,
  fromUpstream: (asked, _request, status, body) => fromChat(modelOf(asked), status, body),
  ranLine(_batch, key, { status, body }) {
    if (status === 200) return JSON.stringify({ key, response: body });
    return JSON.stringify({ key, error: (body as { error: unknown }).error });
  },
  unrunLine: (_batch, key) => JSON.stringify({ key, error: statusBody(499, "The batch has ended.") }),
};

function modelOf({ fields }: Asked): string {
  return String(fields["model"]);
}

function toChat(asked: Asked, { body }: BatchRequest) {
  const { texts, max_tokens } = promptOf(body);
  const messages = texts.map((content, at) => ({
    role: at === 0 && texts.length > 1 ? "system" : "user",
    content,
  }));
  return { path: "/chat/completions", body: { model: modelOf(asked), messages, max_tokens } };
}

function fromChat(model: string, status: number, body: unknown): Answer {
  const answer = chatAnswer(status, body);
  if ("problem" in answer) return failed(answer.status, answer.problem);
  const { text, cut, usage } = answer;
  const finishReason = cut ? "MAX_TOKENS" : "STOP";
  const candidates = [{ content: { parts: [{ text }], role: "model" }, finishReason, index: 0 }];
  return { status: 200, body: contentBody(model, candidates, usage, digest(text)), usage };
}

/** A file that cannot be read fails the batch. */
async function inspect(batch: StoredBatch, path: string): Promise<Plan> {
  const plan: Plan = { requests: 0, model: modelOf(batch), prompt_tokens: 0, errors: [] };
  let at = 0;
  for await (const line of readLines(path)) {
    at += 1;
    if (isBlank(line)) continue;
    plan.requests += 1;
    const tokens = tokensIn(line);
    if (tokens !== null) plan.prompt_tokens += tokens;
    else if (plan.errors.length === 0) {
      const message = `Failed to parse the input file: line ${at} is no {"key": …, "request": {…}}.`;
      plan.errors.push({ code: "INVALID_ARGUMENT", line: at, message, param: null });
    }
  }
  if (plan.requests === 0) {
    const message = "The input file has no requests.";
    plan.errors.push({ code: "INVALID_ARGUMENT", line: null, message, param: null });
  }
  return plan;
}

function tokensIn(line: Buffer): number | null {
  return requestTokens(line, "request", (request) =>
    request["content"] ? tokensOf(JSON.stringify(request["content"])) : promptTokens(promptOf(request).texts),
  );
}
