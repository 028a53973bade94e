import type { Json } from "../../../shared/json/values.ts";
import { anthropicAnswer } from "../anthropic/answers.ts";
import { compose, type Prompt, promptTokens, tokensOf } from "../composer.ts";
import { ModelNames } from "../model-names.ts";
import { openaiAnswer, vector } from "../openai/answers.ts";
import { type Answer, NO_TOKENS } from "../protocol.ts";
import { converseProblem } from "./converse-check.ts";

export function refused(message: string, status = 400): Answer {
  return { status, body: { error: { message } }, usage: NO_TOKENS };
}

/** The answer to a record of the type Converse. In real time, tools are allowed as well; nobody calls them. */
export function converseAnswer(record: Json, realtime: boolean): Answer {
  const { toolConfig, ...rest } = record;
  const input = realtime ? rest : record;
  const problem = converseProblem(input);
  if (problem) return refused(problem);
  return spoken(conversePrompt(input));
}

function spoken(prompt: Prompt): Answer {
  const composed = compose(prompt);
  const usage = { ...NO_TOKENS, input: promptTokens(prompt.texts), output: composed.tokens };
  return { status: 200, body: converseBody(composed.text, composed.cut, usage), usage };
}

export function converseBody(text: string, cut: boolean, usage: Answer["usage"]) {
  return {
    output: { message: { role: "assistant", content: [{ text }] } },
    stopReason: cut ? "max_tokens" : "end_turn",
    usage: {
      inputTokens: usage.input,
      outputTokens: usage.output,
      totalTokens: usage.input + usage.output,
      cacheReadInputTokens: 0,
      cacheWriteInputTokens: 0,
    },
    metrics: { latencyMs: 1 },
  };
}

/** Texts of a Converse request, the system's first. */
export function conversePrompt(input: Json): Prompt {
  const messages = (Array.isArray(input["messages"]) ? input["messages"] : []) as {
    role: string;
    content: unknown;
  }[];
  const turns = messages.map(({ role, content }) => ({ role, text: textOf(content) }));
  const system = input["system"] === undefined ? [] : [textOf(input["system"])];
  const { maxTokens, max_new_tokens } = (input["inferenceConfig"] ?? {}) as Record<
    "maxTokens" | "max_new_tokens",
    unknown
  >;
  const most = maxTokens ?? max_new_tokens;
  const format = (
    input["outputConfig"] as { textFormat?: { structure?: { jsonSchema?: { schema?: string } } } } | undefined
  )?.textFormat?.structure?.jsonSchema?.schema;
  return {
    question: turns.findLast(({ role }) => role === "user")?.text ?? "",
    texts: [...system, ...turns.map(({ text }) => text)],
    json: format === undefined ? undefined : JSON.parse(format),
    max_tokens: typeof most === "number" ? most : undefined,
  };
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content
    .map((block) => (typeof block?.text === "string" ? block.text : JSON.stringify(block)))
    .join("\n");
}

const ANY = new ModelNames(null);

/** The answer to a record of the type InvokeModel: its body is the model's own. */
export function invokeAnswer(modelId: string, input: Json): Answer {
  if ("model" in input || "modelId" in input) return refused("model: Extra inputs are not permitted");
  if (modelId.includes("anthropic.")) return claude(modelId, input);
  if (modelId.includes("amazon.nova")) {
    const { schemaVersion, ...rest } = input;
    if (schemaVersion !== undefined && schemaVersion !== "messages-v1")
      return refused("schemaVersion is invalid");
    const problem = converseProblem(rest, true);
    return problem ? refused(problem) : spoken(conversePrompt(rest));
  }
  if (modelId.includes("meta.llama")) return llama(input);
  if (modelId.includes("amazon.titan-embed")) return titan(input);
  if (modelId.includes("openai."))
    return openaiAnswer("/v1/chat/completions", { ...input, model: modelId }, 0, true);
  return refused("The sandbox does not know this model's own body: use modelInvocationType Converse.");
}

function claude(modelId: string, input: Json): Answer {
  const { anthropic_version, anthropic_beta, ...params } = input;
  if (anthropic_version !== "bedrock-2023-05-31") return refused("anthropic_version: Field required");
  const model = modelId.replace(/^.*anthropic\./, "");
  const rules = { models: ANY, beta: anthropic_beta !== undefined };
  return anthropicAnswer({ ...params, model }, rules, "batch");
}

function llama({ prompt, max_gen_len }: Json): Answer {
  if (typeof prompt !== "string") return refused("prompt: required key not found");
  const most = typeof max_gen_len === "number" ? max_gen_len : 512;
  const composed = compose({ question: prompt, texts: [prompt], json: undefined, max_tokens: most });
  const usage = { ...NO_TOKENS, input: promptTokens([prompt]), output: composed.tokens };
  const body = {
    generation: composed.text,
    prompt_token_count: usage.input,
    generation_token_count: usage.output,
    stop_reason: composed.cut ? "length" : "stop",
  };
  return { status: 200, body, usage };
}

function titan({ inputText, dimensions = 1024 }: Json): Answer {
  if (typeof inputText !== "string") return refused("inputText: required key not found");
  if (![256, 512, 1024].includes(Number(dimensions))) return refused("dimensions: must be 256, 512 or 1024");
  const input = tokensOf(inputText);
  const body = { embedding: vector(inputText, Number(dimensions)), inputTextTokenCount: input };
  return { status: 200, body, usage: { ...NO_TOKENS, input } };
}
