import { jsonText } from "../../json/kept-source.ts";
import type { JobSpec } from "../../models.ts";
import { anthropicSchema } from "../anthropic/schema.ts";
import type { ProviderProfile } from "../profile.ts";
import { InvalidItemError, type ProviderFormat, type RequestSource } from "../provider.ts";
import { countAt, isObject, type Json, objectAt } from "../wire/json.ts";
import { conversePart, withMedia } from "../wire/media.ts";
import {
  nativeBody,
  oncePerSchema,
  refuseStream,
  splitLeadingSystem,
  withExtra,
} from "../wire/request-body.ts";

/** Claude models refuse the contract's default temperature from some version on: it is sent only where it was asked for. */
const CLAUDE = /anthropic\.claude/;

/** What a job's message names when its role, its bucket, its key or its model is the reason. */
const ACCOUNT =
  /\brole\b|permission|not authorized|access denied|accessdenied|\bbucket\b|\bkms\b|access to the model/i;

/**
 * Bedrock's lines: `{recordId, modelInput}`. A chat is a `Converse` request, which all chat models take. Embeddings, and lines
 * of the endpoint `invoke-model`, have the model's own form.
 */
export const bedrockFormat = ({ limits }: ProviderProfile): ProviderFormat => ({
  limits,
  framing: { open: "", separator: "\n", close: "\n" },

  isNative(line) {
    return "modelInput" in line;
  },

  body(source, spec) {
    if (source.kind === "native") {
      const input = nativeBody(source.line, "modelInput", ["custom_id", "recordId", "modelInput"]);
      refuseStream(input, "modelInput.");
      if ("modelId" in input || "model" in input)
        throw new InvalidItemError("modelInput.model", "the model is the job's: remove it from the line");
      return input;
    }
    switch (spec.endpoint) {
      case "/v1/embeddings":
        return embedding(source, spec);
      case "invoke-model":
        throw new InvalidItemError(
          "modelInput",
          "is missing: invoke-model takes lines in the model's own form",
        );
      default:
        return converse(source, spec);
    }
  },

  request(body, _spec, wireId) {
    return `{"recordId":"${wireId}","modelInput":${jsonText(body)}}`;
  },

  bodyKey: "modelInput",

  /** A job fails as a whole: too few records, or what a person must put right. */
  failureOf(raw) {
    const message = isObject(raw) && typeof raw.message === "string" ? raw.message : "Bedrock failed the job";
    return { kind: ACCOUNT.test(message) ? "account" : "requests", lines: new Map(), message };
  },

  weight() {
    return 1;
  },

  mostOutput(body, spec) {
    if (spec.endpoint === "/v1/embeddings") return 0;
    const most =
      countAt(objectAt(body, "inferenceConfig"), "maxTokens") ??
      countAt(objectAt(body, "inferenceConfig"), "max_new_tokens") ??
      countAt(body, "max_tokens") ??
      countAt(body, "max_completion_tokens") ??
      countAt(body, "max_gen_len");
    return most ?? null;
  },
});

type Item = Extract<RequestSource, { kind: "item" }>;

/** Bedrock takes what Anthropic takes, as text. https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html */
const outputConfigOf = oncePerSchema((schema) => {
  const text = JSON.stringify(anthropicSchema(schema, "Amazon Bedrock"));
  return { textFormat: { type: "json_schema", structure: { jsonSchema: { schema: text, name: "answer" } } } };
});

function converse({ item, temperature_set }: Item, spec: JobSpec): Json {
  refuseOtherModel(item.model, spec);
  const lifted = splitLeadingSystem(item.messages ?? []);
  const leading = lifted.system.flatMap((message) => blocksOf(message.content));
  const own = item.system === undefined ? leading : [{ text: item.system }, ...leading];
  const system = own.length > 0 || !spec.system ? own : [{ text: spec.system }];
  const messages = item.messages
    ? withMedia(lifted.rest, conversePart).map(({ role, content }) => ({ role, content: blocksOf(content) }))
    : [{ role: "user", content: [{ text: item.user_message }] }];
  if (messages.length === 0) {
    throw new InvalidItemError("messages", "needs at least one message that is not a system prompt");
  }
  if ("toolConfig" in item.extra) {
    throw new InvalidItemError(
      "extra.toolConfig",
      "a Converse record takes no tools: use endpoint invoke-model",
    );
  }
  const sampling = temperature_set || !CLAUDE.test(spec.model) ? { temperature: item.temperature } : {};
  return withExtra(
    {
      messages,
      system: system.length > 0 ? system : undefined,
      inferenceConfig: { maxTokens: item.max_tokens, ...sampling },
      outputConfig: outputConfigOf(spec.schema),
    },
    item.extra,
  );
}

/** Content as Converse has it; blocks in its own form go through, and so do unknown ones, for Bedrock to judge. */
function blocksOf(content: unknown): unknown[] {
  if (typeof content === "string") return [{ text: content }];
  if (!Array.isArray(content)) return [];
  return content.map((part) => (isObject(part) && part.type === "text" ? { text: part.text } : part));
}

function embedding({ item }: Item, spec: JobSpec): Json {
  refuseOtherModel(item.model, spec);
  if (item.messages) throw new InvalidItemError("messages", "an embedding takes user_message, not messages");
  if (item.system || spec.system) throw new InvalidItemError("system", "an embedding takes no system prompt");
  if (/cohere\.embed/.test(spec.model)) {
    return withExtra({ texts: [item.user_message], input_type: "search_document" }, item.extra);
  }
  return withExtra({ inputText: item.user_message }, item.extra);
}

function refuseOtherModel(model: string | undefined, spec: JobSpec): void {
  if (model === undefined || model === spec.model) return;
  throw new InvalidItemError("model", "cannot differ from the job's model: Bedrock allows one a job");
}
