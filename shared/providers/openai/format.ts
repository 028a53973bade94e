import { InvalidJobError } from "../../errors.ts";
import { jsonText } from "../../json/kept-source.ts";
import { countAt, type Json } from "../../json/values.ts";
import type { Endpoint, JobSpec } from "../../models.ts";
import { InvalidItemError, type ItemSource, type ProviderFormat, type RequestSource } from "../format.ts";
import type { ProviderProfile } from "../profile.ts";
import { chatPart, responsesPart, responsesText, withMedia } from "../wire/media.ts";
import {
  nativeBody,
  oncePerSchema,
  plainText,
  refuseOtherModel,
  refuseStream,
  splitLeadingSystem,
  withExtra,
} from "../wire/request-body.ts";
import { endpointAt } from "./endpoint.ts";
import { failureOf } from "./failure.ts";
import { openaiSchema } from "./schema.ts";

/**
 * Models that answer 400 to any `temperature` but the default: the o-series, gpt-5 and later, and
 * fine-tunes of them. https://developers.openai.com/api/docs/guides/reasoning
 */
const NO_SAMPLING = /^(ft:)?(o\d|gpt-([5-9]|\d\d)|codex)/;

/** What each endpoint cannot do without; a line that lacks it fails the validation of the whole batch. */
const REQUIRED: Record<Endpoint, string | null> = {
  "/v1/chat/completions": "messages",
  // A stored prompt or a conversation can stand in for `input`.
  "/v1/responses": null,
  "/v1/embeddings": "input",
  "/v1/completions": "prompt",
  "/v1/moderations": "input",
  "invoke-model": null,
};

/** OpenAI's Batch API: a JSONL file of `{custom_id, method, url, body}`. */
export const openaiFormat = (profile: ProviderProfile): ProviderFormat => ({
  limits: profile.limits,
  framing: { open: "", separator: "\n", close: "\n" },

  isNative(line) {
    const native = "body" in line || "url" in line || "method" in line;
    return native && !("user_message" in line) && !("messages" in line);
  },

  body: (source, spec) => checkedBody(source, spec, profile),

  request(body, spec, wireId) {
    const url = endpointAt(profile, spec.endpoint);
    return `{"custom_id":"${wireId}","method":"POST","url":"${url}","body":${jsonText(body)}}`;
  },

  bodyKey: "body",

  failureOf,

  /** The limit of 50,000 counts the inputs of embedding requests: one request may hold up to 2,048. */
  weight({ input }, spec) {
    if (spec.endpoint !== "/v1/embeddings") return 1;
    // An array of numbers is one input, given as tokens.
    return Array.isArray(input) && typeof input[0] !== "number" ? Math.max(1, input.length) : 1;
  },

  mostOutput(body, spec) {
    switch (spec.endpoint) {
      case "/v1/chat/completions": {
        const most = countAt(body, "max_completion_tokens") ?? countAt(body, "max_tokens");
        // The limit is for each of `n` answers.
        return most === undefined ? null : most * (countAt(body, "n") ?? 1);
      }
      case "/v1/responses":
        return countAt(body, "max_output_tokens") ?? null;
      case "/v1/completions":
        return countAt(body, "max_tokens") ?? null;
      case "/v1/embeddings":
      case "/v1/moderations":
        return 0;
      case "invoke-model":
        return null;
    }
  },
});

function checkedBody(source: RequestSource, spec: JobSpec, profile: ProviderProfile): Json {
  const { title } = profile;
  const native = source.kind === "native";
  const body = native ? nativeLine(source.line, spec, profile) : itemBody(source, spec, profile);
  const prefix = native ? "body." : "";
  if (body.model === undefined) throw new InvalidItemError(`${prefix}model`, "is missing");
  if (body.model !== spec.model) {
    throw new InvalidItemError(
      `${prefix}model`,
      `must be the job's model, ${spec.model}: ${title} allows one a batch`,
    );
  }
  refuseStream(body, prefix);
  const required = REQUIRED[spec.endpoint];
  if (required !== null && (body[required] === undefined || body[required] === null)) {
    throw new InvalidItemError(`${prefix}${required}`, `is missing; ${spec.endpoint} needs it`);
  }
  return body;
}

function nativeLine(line: Json, spec: JobSpec, profile: ProviderProfile): Json {
  const body = nativeBody(line, "body", ["custom_id", "method", "url", "body"]);
  if (line.method !== "POST") throw new InvalidItemError("method", 'must be "POST"');
  if (line.url !== spec.endpoint && line.url !== endpointAt(profile, spec.endpoint)) {
    throw new InvalidItemError(
      "url",
      `must be the job's endpoint, ${spec.endpoint}: ${profile.title} allows one a batch`,
    );
  }
  return body;
}

/** @throws InvalidJobError when the job has a schema, at an endpoint that takes none */
function noSchema(schema: unknown, what: string): void {
  if (schema) throw new InvalidJobError(`schema: ${what} has none; leave it out`);
}

const schemaOf = oncePerSchema(openaiSchema);

function itemBody(source: ItemSource, spec: JobSpec, { title, quirks = {} }: ProviderProfile): Json {
  const { item, temperature_set } = source;
  const schema = schemaOf(spec.schema);
  refuseOtherModel(source, spec, title);
  const { model } = spec;
  const sampling = temperature_set || !NO_SAMPLING.test(model) ? { temperature: item.temperature } : {};
  switch (spec.endpoint) {
    case "/v1/chat/completions": {
      const messages = withSystem(withMedia(messagesOf(item), chatPart), item.system, spec.system);
      // OpenAI has deprecated `max_tokens`, and its reasoning models refuse it.
      const limit = quirks.max_tokens ? "max_tokens" : "max_completion_tokens";
      const format = schema && { response_format: { type: "json_schema", json_schema: schema } };
      return withExtra({ model, messages, [limit]: item.max_tokens, ...sampling, ...format }, item.extra);
    }
    case "/v1/responses": {
      const own = item.messages !== undefined && splitLeadingSystem(item.messages).system.length > 0;
      return withExtra(
        {
          model,
          instructions: (item.system ?? (own ? undefined : spec.system)) || undefined,
          input: item.messages ? withMedia(item.messages, responsesPart, responsesText) : item.user_message,
          text: schema && { format: { type: "json_schema", ...schema } },
          max_output_tokens: item.max_tokens,
          ...sampling,
        },
        item.extra,
      );
    }
    case "/v1/completions": {
      noSchema(schema, "a completion");
      const prompt = plainText(source, spec, "a completion");
      return withExtra({ model, prompt, max_tokens: item.max_tokens, ...sampling }, item.extra);
    }
    case "/v1/embeddings":
      noSchema(schema, "an embedding");
      return withExtra({ model, input: plainText(source, spec, "an embedding") }, item.extra);
    case "/v1/moderations":
      noSchema(schema, "a moderation");
      return withExtra({ model, input: plainText(source, spec, "a moderation") }, item.extra);
    case "invoke-model":
      throw new InvalidItemError("endpoint", `${title} has no endpoint ${spec.endpoint}`);
  }
}

function messagesOf(item: { user_message?: string | undefined; messages?: Json[] | undefined }): Json[] {
  return item.messages ?? [{ role: "user", content: item.user_message }];
}

/** The job's system prompt is for items without one, be it `system` or a leading system message. */
function withSystem(messages: Json[], own: string | undefined, jobs: string | undefined): Json[] {
  const content = own ?? (splitLeadingSystem(messages).system.length > 0 ? undefined : jobs);
  return content ? [{ role: "system", content }, ...messages] : messages;
}
