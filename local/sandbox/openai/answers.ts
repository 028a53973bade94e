import { digest, sequence } from "../chance.ts";
import { type Composed, compose, promptTokens, quote, tokensOf } from "../composer.ts";
import { sampleOf } from "../json-sample.ts";
import { reasons } from "../model-names.ts";
import { type Answer, NO_TOKENS } from "../protocol.ts";
import { embeddingInputs, promptOf } from "./prompt.ts";
import { problemOf } from "./request-check.ts";

/** The answer to one request, with the body that its endpoint has. `seconds`: the batch's creation, or now. */
export function openaiAnswer(
  endpoint: string,
  body: Record<string, unknown>,
  seconds: number,
  anyParam = false,
): Answer {
  const problem = problemOf(endpoint, body, anyParam);
  if (problem) return { status: 400, body: { error: problem }, usage: NO_TOKENS };
  if (endpoint === "/v1/embeddings") return embeddings(body);
  if (endpoint === "/v1/moderations") return moderations(body);
  const prompt = promptOf(endpoint, body);
  const composed = compose(prompt);
  const reasoning = reasons(String(body["model"])) ? 64 : 0;
  const count = endpoint === "/v1/chat/completions" ? Number(body["n"] ?? 1) : 1;
  const usage = {
    ...NO_TOKENS,
    input: promptTokens(prompt.texts),
    output: composed.tokens * count + reasoning,
    reasoning,
  };
  const tool = toolCall(body, prompt.question);
  const made = { composed, tool, count, usage, model: String(body["model"]), seconds };
  if (endpoint === "/v1/completions") return { status: 200, body: textCompletion(made), usage };
  return { status: 200, body: endpoint === "/v1/responses" ? response(made) : completion(made), usage };
}

interface Made {
  composed: Composed;
  tool: { name: string; arguments: string } | null;
  /** Choices; all of them are the same answer. */
  count: number;
  usage: Answer["usage"];
  model: string;
  seconds: number;
}

function completion({ composed, tool, count, usage, model, seconds }: Made): unknown {
  const message = {
    role: "assistant",
    content: tool ? null : composed.text,
    refusal: null,
    annotations: [],
    ...(tool ? { tool_calls: [{ id: `call_${composed.mark}`, type: "function", function: tool }] } : {}),
  };
  return {
    id: `chatcmpl-${digest("completion", composed.mark, composed.text).slice(0, 29)}`,
    object: "chat.completion",
    created: seconds,
    model,
    choices: Array.from({ length: count }, (_, index) => ({
      index,
      message,
      logprobs: null,
      finish_reason: finish(composed, tool),
    })),
    usage: {
      prompt_tokens: usage.input,
      completion_tokens: usage.output,
      total_tokens: usage.input + usage.output,
      prompt_tokens_details: { cached_tokens: usage.cached, audio_tokens: 0 },
      completion_tokens_details: {
        reasoning_tokens: usage.reasoning,
        audio_tokens: 0,
        accepted_prediction_tokens: 0,
        rejected_prediction_tokens: 0,
      },
    },
    service_tier: "default",
    system_fingerprint: "fp_sandbox",
  };
}

function textCompletion({ composed, usage, model, seconds }: Made): unknown {
  return {
    id: `cmpl-${digest("completion", composed.mark, composed.text).slice(0, 29)}`,
    object: "text_completion",
    created: seconds,
    model,
    choices: [{ text: composed.text, index: 0, logprobs: null, finish_reason: finish(composed, null) }],
    usage: {
      prompt_tokens: usage.input,
      completion_tokens: usage.output,
      total_tokens: usage.input + usage.output,
    },
  };
}

/** Categories of a verdict; OpenAI has a dozen. */
const CATEGORIES = ["hate", "harassment", "self-harm", "sexual", "violence"];

/** Nothing is flagged; scores depend on the text only. Moderation is free: its answers have no usage. */
function moderations(body: Record<string, unknown>): Answer {
  const results = embeddingInputs(body).map((text) => {
    const next = sequence(text);
    const scores = CATEGORIES.map((name) => [name, Number((next() / 10).toFixed(6))] as const);
    const flags = CATEGORIES.map((name) => [name, false] as const);
    return {
      flagged: false,
      categories: Object.fromEntries(flags),
      category_scores: Object.fromEntries(scores),
    };
  });
  const id = `modr-${digest("moderation", JSON.stringify(results)).slice(0, 24)}`;
  return { status: 200, body: { id, model: String(body["model"]), results }, usage: NO_TOKENS };
}

function finish(composed: Composed, tool: Made["tool"]): string {
  if (tool) return "tool_calls";
  return composed.cut ? "length" : "stop";
}

function response({ composed, tool, usage, model, seconds }: Made): unknown {
  const id = digest("response", composed.mark, composed.text).slice(0, 48);
  const output = tool
    ? {
        type: "function_call",
        id: `fc_${id}`,
        call_id: `call_${composed.mark}`,
        status: "completed",
        ...tool,
      }
    : {
        type: "message",
        id: `msg_${id}`,
        status: composed.cut ? "incomplete" : "completed",
        role: "assistant",
        content: [{ type: "output_text", annotations: [], logprobs: [], text: composed.text }],
      };
  return {
    id: `resp_${id}`,
    object: "response",
    created_at: seconds,
    status: composed.cut ? "incomplete" : "completed",
    error: null,
    incomplete_details: composed.cut ? { reason: "max_output_tokens" } : null,
    instructions: null,
    metadata: {},
    model,
    output: usage.reasoning > 0 ? [{ type: "reasoning", id: `rs_${id}`, summary: [] }, output] : [output],
    parallel_tool_calls: true,
    temperature: 1,
    tool_choice: "auto",
    tools: [],
    top_p: 1,
    usage: {
      input_tokens: usage.input,
      input_tokens_details: { cached_tokens: usage.cached, cache_write_tokens: 0 },
      output_tokens: usage.output,
      output_tokens_details: { reasoning_tokens: usage.reasoning },
      total_tokens: usage.input + usage.output,
    },
  };
}

/** A call of the tool that the request insists on: one named in `tool_choice`, or the first when one is required. */
function toolCall(body: Record<string, unknown>, question: string): Made["tool"] {
  const tools = body["tools"];
  const choice = body["tool_choice"] as { name?: string; function?: { name?: string } } | string | undefined;
  if (!Array.isArray(tools) || choice === undefined || choice === null) return null;
  const wanted = typeof choice === "string" ? undefined : (choice.function?.name ?? choice.name);
  if (wanted === undefined && choice !== "required") return null;
  const known = tools.map((tool) => tool?.function ?? tool);
  const tool = known.find((one) => wanted === undefined || one?.name === wanted);
  if (!tool) return null;
  return { name: String(tool.name), arguments: JSON.stringify(sampleOf(tool.parameters, quote(question))) };
}

function embeddings(body: Record<string, unknown>): Answer {
  const inputs = embeddingInputs(body);
  const size = typeof body["dimensions"] === "number" ? body["dimensions"] : 256;
  let input = 0;
  for (const text of inputs) input += tokensOf(text);
  const data = inputs.map((text, index) => ({
    object: "embedding",
    index,
    embedding: encoded(vector(text, size), body["encoding_format"]),
  }));
  return {
    status: 200,
    body: {
      object: "list",
      data,
      model: String(body["model"]),
      usage: { prompt_tokens: input, total_tokens: input },
    },
    usage: { ...NO_TOKENS, input },
  };
}

/** A unit vector that depends on the text only. */
export function vector(text: string, size: number): number[] {
  const next = sequence(text);
  const raw = Array.from({ length: size }, () => next() * 2 - 1);
  const length = Math.hypot(...raw);
  return raw.map((value) => Number((value / length).toFixed(8)));
}

function encoded(values: number[], format: unknown): number[] | string {
  if (format !== "base64") return values;
  return Buffer.from(new Float32Array(values).buffer).toString("base64");
}
