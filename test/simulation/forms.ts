/** What each protocol writes: requests as they came, answers and result lines. Lines are the sandbox's own. */
import { anthropicProtocol } from "../../local/sandbox/anthropic/protocol.ts";
import type { StoredBatch } from "../../local/sandbox/batch.ts";
import { converseBody } from "../../local/sandbox/bedrock/answers.ts";
import { bedrockProtocol } from "../../local/sandbox/bedrock/protocol.ts";
import { contentBody } from "../../local/sandbox/gemini/answers.ts";
import { geminiProtocol } from "../../local/sandbox/gemini/protocol.ts";
import { DOCUMENTED_LIMITS } from "../../local/sandbox/limits.ts";
import { mistralProtocol } from "../../local/sandbox/mistral/protocol.ts";
import { ModelNames } from "../../local/sandbox/model-names.ts";
import { openaiProtocol } from "../../local/sandbox/openai/protocol.ts";
import type { Protocol as Lines } from "../../local/sandbox/protocol.ts";
import { isObject } from "../../shared/json/values.ts";
import type { ProviderName } from "../../shared/models.ts";
import { ABSURD, answerTo, lineText } from "./answers.ts";
import type { Outcome, SentItem, SimulatedItem } from "./provider-items.ts";
import type { Random } from "./random.ts";
import { SIMULATED } from "./simulated-providers.ts";

type Json = Record<string, unknown>;

const never = () => Promise.reject(new Error("the simulation inspects batches itself"));

/** By protocol, the sandbox's lines. */
export const LINES = {
  openai: openaiProtocol(never),
  anthropic: anthropicProtocol(new ModelNames(null)),
  bedrock: bedrockProtocol(undefined, DOCUMENTED_LIMITS),
  gemini: geminiProtocol,
  mistral: mistralProtocol,
} satisfies Record<string, Lines>;

export type SimulatedProtocol = keyof typeof LINES;

/** Tokens of every answer: one of input, two of output. */
const USAGE = { input: 1, cached: 0, written: 0, output: 2, reasoning: 0 };

/** The requests of a file, or of a body's list. */
export function requestsIn(protocol: SimulatedProtocol, lines: readonly string[]): SentItem[] {
  return lines.map((line) => {
    const { custom_id, body } = LINES[protocol].parse(Buffer.from(line));
    return { custom_id, message: messageOf(body), ...(protocol === "bedrock" && { body }) };
  });
}

/** The user's message, whatever the protocol calls it. */
export function messageOf({ messages, contents, input }: Json): string {
  const turn = ((messages ?? contents) as Json[] | undefined)?.at(-1);
  const said = turn?.content ?? turn?.parts ?? input ?? "";
  return Array.isArray(said) ? String(said[0]?.text) : String(said);
}

/** The result line of an item; null when it has none. `outcome`: how the batch ended. */
export function resultLine(
  provider: ProviderName,
  batch: { id: string; endpoint: string },
  item: SimulatedItem,
  ending: "completed" | "failed" | "expired" | "cancelled",
  random: Random,
): string | null {
  const lines: Lines = LINES[SIMULATED[provider].protocol];
  const { custom_id, message, outcome, body } = item;
  const of = batch as unknown as StoredBatch;
  if (outcome === "unrun") return lines.unrunLine(of, custom_id, ending);
  const text = lines.ranLine(
    of,
    custom_id,
    answered(provider, batch.endpoint, message, outcome, random),
    body,
  );
  return outcome === "absurd" ? lineText(spoiled(JSON.parse(text), random)) : text;
}

/** A request's status and answer: the same in a batch and in real time. */
export function answered(
  provider: ProviderName,
  endpoint: string,
  message: string,
  outcome: Outcome | null,
  random: Random,
): { status: number; body: unknown } {
  const { protocol, overloads } = SIMULATED[provider];
  const status = outcome === "rejected" ? 400 : outcome === "overloaded" ? random.pick(overloads) : 200;
  if (status !== 200) return { status, body: errorBody(protocol, status, "simulated") };
  const text = outcome === "answered" || outcome === "absurd" ? answerTo(message) : null;
  return { status, body: bodyOf(protocol, endpoint, text, outcome === "odd") };
}

/** A line, or another object, of which some part other than its id is made absurd. */
export function spoiled(line: Json, random: Random): Json {
  for (let at: unknown = line, depth = 0; ; depth++) {
    const holder = at as Json;
    const names = Object.keys(holder).filter((name) => !/^(custom_id|key|recordId|modelInput)$/.test(name));
    const name = random.pick(names);
    const inner = holder[name];
    const isInner = (isObject(inner) || Array.isArray(inner)) && Object.keys(inner).length > 0;
    if (!isInner || (depth > 0 && random.chance(0.3))) {
      holder[name] = random.pick(ABSURD);
      return line;
    }
    at = inner;
  }
}

/** A provider's own form of an error. */
export function errorBody(protocol: SimulatedProtocol, status: number, message: string): unknown {
  const word = ERRORS.get(status);
  switch (protocol) {
    case "anthropic":
      return { type: "error", error: { type: word?.anthropic ?? "api_error", message } };
    case "gemini":
      return { error: { code: status, message, status: "SIMULATED" } };
    case "bedrock":
      return { __type: word?.bedrock ?? "InternalServerException", message, error: { message } };
    case "mistral":
      return { object: "error", message, type: "simulated", param: null, code: null };
    default:
      return {
        error: { message, type: status === 429 ? "rate_limit" : "server_error", param: null, code: null },
      };
  }
}

const ERRORS = new Map([
  [400, { anthropic: "invalid_request_error", bedrock: "ValidationException" }],
  [401, { anthropic: "authentication_error", bedrock: "UnrecognizedClientException" }],
  [404, { anthropic: "not_found_error", bedrock: "ResourceNotFoundException" }],
  [409, { anthropic: "invalid_request_error", bedrock: "ConflictException" }],
  [429, { anthropic: "rate_limit_error", bedrock: "ThrottlingException" }],
  [503, { anthropic: "api_error", bedrock: "ServiceUnavailableException" }],
  [529, { anthropic: "overloaded_error", bedrock: "ServiceUnavailableException" }],
]);

/** The body of an answer; without a text a refusal. `odd`: what should hold the text is missing. */
function bodyOf(protocol: SimulatedProtocol, endpoint: string, text: string | null, odd: boolean): unknown {
  switch (protocol) {
    case "anthropic": {
      if (odd) return null;
      const content = [{ type: "text", text: text ?? "" }];
      const usage = { input_tokens: 1, output_tokens: 2 };
      return {
        type: "message",
        role: "assistant",
        content,
        stop_reason: text === null ? "refusal" : "end_turn",
        usage,
      };
    }
    case "bedrock": {
      const body = converseBody(text ?? "", false, USAGE);
      if (odd) return { ...body, output: null };
      return text === null ? { ...body, stopReason: "content_filtered" } : body;
    }
    case "gemini": {
      const content = { parts: text === null ? [] : [{ text }], role: "model" };
      const candidate = { content, finishReason: text === null ? "SAFETY" : "STOP", index: 0 };
      return contentBody("gemini-sim", odd ? [] : [candidate], USAGE, "");
    }
    default:
      return openaiBody(endpoint, text, odd);
  }
}

function openaiBody(endpoint: string, text: string | null, odd: boolean): unknown {
  if (endpoint === "/v1/responses") {
    const content = text === null ? { type: "refusal", refusal: "no" } : { type: "output_text", text };
    const output = odd ? null : [{ type: "message", content: [content] }];
    const usage = { input_tokens: 1, output_tokens: 2, total_tokens: 3 };
    return { object: odd ? "odd" : "response", status: "completed", output, usage };
  }
  const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
  const message = odd ? null : { role: "assistant", content: text, refusal: text === null ? "no" : null };
  const choices = [{ index: 0, message, finish_reason: "stop" }];
  return { object: "chat.completion", choices, usage };
}
