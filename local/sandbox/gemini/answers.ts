import type { Json } from "../../../shared/json/values.ts";
import { digest } from "../chance.ts";
import { compose, type Prompt, promptTokens, quote, tokensOf } from "../composer.ts";
import { sampleOf } from "../json-sample.ts";
import { vector } from "../openai/answers.ts";
import { type Answer, NO_TOKENS } from "../protocol.ts";
import { problemOf } from "./request-check.ts";

export function geminiAnswer(model: string, request: Json): Answer {
  const problem = problemOf(model, request, "chat");
  if (problem) return failed(400, problem);
  const prompt = promptOf(request);
  const composed = compose(prompt);
  const call = functionCall(request, prompt.question);
  const reasoning = /2\.5|-3/.test(model) ? 32 : 0;
  const usage = {
    ...NO_TOKENS,
    input: promptTokens(prompt.texts),
    output: composed.tokens + reasoning,
    reasoning,
  };
  const content = { parts: [call ? { functionCall: call } : { text: composed.text }], role: "model" };
  const finishReason = composed.cut ? "MAX_TOKENS" : "STOP";
  return {
    status: 200,
    body: contentBody(model, [{ content, finishReason, index: 0 }], usage, composed.mark),
    usage,
  };
}

export function contentBody(
  model: string,
  candidates: unknown[],
  usage: Answer["usage"],
  mark: string,
): unknown {
  return {
    candidates,
    usageMetadata: {
      promptTokenCount: usage.input,
      candidatesTokenCount: usage.output - usage.reasoning,
      totalTokenCount: usage.input + usage.output,
      ...(usage.reasoning > 0 && { thoughtsTokenCount: usage.reasoning }),
      promptTokensDetails: [{ modality: "TEXT", tokenCount: usage.input }],
      serviceTier: "standard",
    },
    modelVersion: model,
    responseId: digest("gemini", mark).slice(0, 22),
  };
}

/** The answer to one `embedContent` request. */
export function geminiEmbedding(model: string, request: Json): Answer {
  const problem = problemOf(model, request, "embedding");
  if (problem) return failed(400, problem);
  const text = textOf(request["content"]);
  const size = Number(request["outputDimensionality"] ?? 256);
  const input = tokensOf(text);
  const body = { embedding: { values: vector(text, size) }, usageMetadata: { promptTokenCount: input } };
  return { status: 200, body, usage: { ...NO_TOKENS, input } };
}

/** The answer to one `batchEmbedContents` request, which has some of the others in it. */
export function geminiEmbeddings(model: string, { requests }: Json): Answer {
  if (!Array.isArray(requests) || requests.length === 0) return failed(400, "requests is required");
  const answers = requests.map((one) => geminiEmbedding(model, one ?? {}));
  const refused = answers.find(({ status }) => status !== 200);
  if (refused) return refused;
  const embeddings = answers.map(({ body }) => (body as { embedding: unknown }).embedding);
  const input = answers.reduce((sum, { usage }) => sum + usage.input, 0);
  return { status: 200, body: { embeddings }, usage: { ...NO_TOKENS, input } };
}

/** Google's words for an HTTP status. */
const WORDS = new Map([
  [400, "INVALID_ARGUMENT"],
  [401, "UNAUTHENTICATED"],
  [403, "PERMISSION_DENIED"],
  [404, "NOT_FOUND"],
  [409, "FAILED_PRECONDITION"],
  [429, "RESOURCE_EXHAUSTED"],
  [503, "UNAVAILABLE"],
]);

/** Google's `error` object. */
export function statusBody(code: number, message: string) {
  return { code, message, status: WORDS.get(code) ?? (code >= 500 ? "INTERNAL" : "INVALID_ARGUMENT") };
}

export function failed(status: number, message: string): Answer {
  return { status, body: { error: statusBody(status, message) }, usage: NO_TOKENS };
}

/** Texts of a request, the system's first. */
export function promptOf(request: Json): Prompt {
  const contents = Array.isArray(request["contents"]) ? request["contents"] : [];
  const turns = contents.map((content) => ({ role: content?.role ?? "user", text: textOf(content) }));
  const system = request["systemInstruction"] ?? request["system_instruction"];
  const texts = [...(system ? [textOf(system)] : []), ...turns.map(({ text }) => text)];
  const config = (request["generationConfig"] ?? {}) as Json;
  const most = config["maxOutputTokens"];
  return {
    question: turns.findLast(({ role }) => role === "user")?.text ?? "",
    texts,
    json: jsonAsked(config),
    max_tokens: typeof most === "number" ? most : undefined,
  };
}

function jsonAsked(config: Json): Prompt["json"] {
  if (config["responseMimeType"] !== "application/json") return undefined;
  const schema = config["responseJsonSchema"] ?? config["responseSchema"];
  return schema ? lowerTypes(schema as Json) : true;
}

/** Google writes a schema's types in upper case, too. */
function lowerTypes(schema: Json): Json {
  return JSON.parse(JSON.stringify(schema), (name, value) =>
    name === "type" && typeof value === "string" ? value.toLowerCase() : value,
  );
}

function textOf(content: unknown): string {
  const parts = (content as { parts?: unknown } | null)?.parts;
  if (!Array.isArray(parts)) return "";
  return parts.map((part) => (typeof part?.text === "string" ? part.text : JSON.stringify(part))).join("\n");
}

function functionCall(request: Json, question: string): unknown {
  const config = (request["toolConfig"] as { functionCallingConfig?: { mode?: string } } | undefined)
    ?.functionCallingConfig;
  if (config?.mode !== "ANY" || !Array.isArray(request["tools"])) return null;
  const tool = request["tools"].flatMap((one) => one?.functionDeclarations ?? [])[0];
  if (!tool) return null;
  const schema = tool.parametersJsonSchema ?? (tool.parameters ? lowerTypes(tool.parameters) : {});
  return { name: String(tool.name), args: sampleOf(schema, quote(question)) };
}
