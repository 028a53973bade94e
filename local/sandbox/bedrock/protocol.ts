import { stat } from "node:fs/promises";
import type { Plan, StoredBatch } from "../batch.ts";
import { digest } from "../chance.ts";
import { promptTokens } from "../composer.ts";
import type { SandboxLimits } from "../limits.ts";
import { isBlank, readLines, requestTokens } from "../lines.ts";
import { chatAnswer } from "../openai/upstream-answer.ts";
import type { Answer, Asked, BatchRequest, Protocol } from "../protocol.ts";
import { converseAnswer, converseBody, conversePrompt, invokeAnswer, refused } from "./answers.ts";
import type { CreateJob } from "./create-params.ts";
import { type JobStorage, s3Location } from "./storage.ts";

/** How Bedrock's jobs run: records are read from S3 while the job is validated, and come back in any order. */
export function bedrockProtocol(storage: JobStorage | undefined, limits: SandboxLimits): Protocol {
  return {
    separateErrors: false,
    echoes: true,
    inspect: (batch, path) => inspect(batch, path, storage, limits),
    parse(line) {
      const { recordId, modelInput } = JSON.parse(line.toString("utf8"));
      // Bedrock gives one to a record that has none.
      return { custom_id: recordId ?? digest(line.toString("utf8")).slice(0, 11), body: modelInput };
    },
    answer: (asked, { body }) =>
      jobOf(asked).modelInvocationType === "Converse"
        ? converseAnswer(body, Boolean(asked.fields["realtime"]))
        : invokeAnswer(jobOf(asked).modelId, body),
    toUpstream,
    fromUpstream,
    ranLine(_batch, recordId, { status, body }, modelInput) {
      if (status === 200) return JSON.stringify({ modelInput, modelOutput: body, recordId });
      const { error } = body as { error?: { message?: string } };
      const errorMessage = error?.message ?? "The request is not valid.";
      return JSON.stringify({ modelInput, error: { errorCode: status, errorMessage }, recordId });
    },
    // A record that did not run has no line.
    unrunLine: () => null,
  };
}

/** The create that a job was made by. */
export function jobOf({ fields }: Pick<Asked, "fields">): CreateJob {
  return fields["job"] as CreateJob;
}

function toUpstream(asked: Asked, { body }: BatchRequest) {
  const { modelId, modelInvocationType } = jobOf(asked);
  if (modelInvocationType !== "Converse")
    return refused("With an upstream server the sandbox takes Converse only.");
  const { texts, max_tokens } = conversePrompt(body);
  const messages = texts.map((content) => ({ role: "user", content }));
  return { path: "/chat/completions", body: { model: modelId, messages, max_tokens } };
}

function fromUpstream(_asked: Asked, _request: BatchRequest, status: number, body: unknown): Answer {
  const answer = chatAnswer(status, body);
  if ("problem" in answer) return refused(answer.problem, answer.status);
  const { text, cut, usage } = answer;
  return { status: 200, body: converseBody(text, cut, usage), usage };
}

/** Counts, sizes, JSON and access are checked late, in status Validating; `modelInput` is not. */
async function inspect(
  batch: StoredBatch,
  path: string,
  storage: JobStorage | undefined,
  limits: SandboxLimits,
): Promise<Plan> {
  const { modelId, inputDataConfig } = jobOf(batch);
  const plan: Plan = { requests: 0, model: modelId, prompt_tokens: 0, errors: [] };
  const fail = (message: string): Plan => {
    plan.errors.push({ code: "ValidationException", line: null, message, param: null });
    return plan;
  };
  if (!storage) return fail("The sandbox was started without an S3 endpoint.");
  const place = s3Location(inputDataConfig.s3InputDataConfig.s3Uri);
  try {
    const key = await storage.fetchInput(place, path);
    if (key === null) return fail("The sandbox takes one .jsonl object at or below the input's s3Uri.");
    batch.fields["input_key"] = key;
  } catch (error) {
    const name = error instanceof Error ? error.name : "Error";
    return fail(`The service role could not read ${inputDataConfig.s3InputDataConfig.s3Uri}: ${name}.`);
  }
  if ((await stat(path)).size > limits.bedrock_file_bytes) return fail("The input file is too large.");
  for await (const line of readLines(path)) {
    if (isBlank(line)) continue;
    plan.requests += 1;
    const tokens = requestTokens(line, "modelInput", (input) => promptTokens(conversePrompt(input).texts));
    if (tokens === null) return fail(`Record ${plan.requests} is no {"recordId": …, "modelInput": {…}}.`);
    plan.prompt_tokens += tokens;
  }
  const { bedrock_records_min: min, bedrock_records: max } = limits;
  if (plan.requests < min) {
    return fail(`Input has ${plan.requests} records, fewer than the minimum of ${min} for a job.`);
  }
  return plan.requests > max ? fail(`Input has more than ${max} records.`) : plan;
}
