import { jsonText } from "../../json/kept-source.ts";
import { countAt, isObject, type Json, objectAt } from "../../json/values.ts";
import type { JobSpec } from "../../models.ts";
import { anthropicSchema } from "../anthropic/schema.ts";
import { InvalidItemError, type ItemSource, type ProviderFormat } from "../format.ts";
import type { ProviderProfile } from "../profile.ts";
import { conversePart, withMedia } from "../wire/media.ts";
import {
  nativeBody,
  oncePerSchema,
  plainText,
  refuseOtherModel,
  refuseStream,
  systemAndChat,
  textParts,
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

  weight: () => 1,

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

/** Bedrock takes what Anthropic takes, as text. https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html */
const outputConfigOf = oncePerSchema((schema) => {
  const text = JSON.stringify(anthropicSchema(schema, "Amazon Bedrock"));
  return { textFormat: { type: "json_schema", structure: { jsonSchema: { schema: text, name: "answer" } } } };
});

function converse(source: ItemSource, spec: JobSpec): Json {
  const { item, temperature_set } = source;
  refuseOtherModel(source, spec, "Bedrock");
  const { system, chat } = systemAndChat(source, spec);
  const media = withMedia(chat, conversePart);
  const messages = media.map(({ role, content }) => ({ role, content: textParts(content) }));
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

function embedding(source: ItemSource, spec: JobSpec): Json {
  refuseOtherModel(source, spec, "Bedrock");
  const text = plainText(source, spec, "an embedding");
  const { extra } = source.item;
  if (/cohere\.embed/.test(spec.model)) {
    return withExtra({ texts: [text], input_type: "search_document" }, extra);
  }
  return withExtra({ inputText: text }, extra);
}
