import { jsonText } from "../../json/kept-source.ts";
import type { JobSpec } from "../../models.ts";
import type { ProviderProfile } from "../profile.ts";
import { InvalidItemError, type ProviderFormat, type RequestSource } from "../provider.ts";
import { countAt, isObject, type Json, objectAt, textAt } from "../wire/json.ts";
import { geminiPart, withMedia } from "../wire/media.ts";
import { nativeBody, oncePerSchema, splitLeadingSystem, withExtra } from "../wire/request-body.ts";
import { geminiSchema } from "./schema.ts";

/** Models from 3 on are tuned for their own default: a temperature is sent only where it was asked for. */
const OWN_TEMPERATURE = /gemini-([3-9]|\d\d)/;

/** Gemini's lines: `{key, request}`. */
export const geminiFormat = ({ limits }: ProviderProfile): ProviderFormat => ({
  limits,
  framing: { open: "", separator: "\n", close: "\n" },

  isNative(line) {
    return "request" in line && !("user_message" in line) && !("messages" in line);
  },

  body(source, spec) {
    if (source.kind === "native") return nativeBody(source.line, "request", ["custom_id", "key", "request"]);
    const { item } = source;
    if (item.model !== undefined && item.model !== spec.model) {
      throw new InvalidItemError("model", "cannot differ from the job's model: Gemini allows one a batch");
    }
    return spec.endpoint === "/v1/embeddings" ? embedding(source, spec) : content(source, spec);
  },

  request(body, _spec, wireId) {
    return `{"key":"${wireId}","request":${jsonText(body)}}`;
  },

  bodyKey: "request",

  failureOf(raw) {
    const error = isObject(raw) ? objectAt(raw, "error") : {};
    const message = textAt(error, "message")?.slice(0, 500) ?? "Gemini failed the batch";
    // 13 and 14 are gRPC's codes of faults on the provider's side.
    const passing = [13, 14].includes(countAt(error, "code") ?? 0);
    return { kind: passing ? "passing" : "requests", lines: new Map(), message };
  },

  weight() {
    return 1;
  },

  mostOutput(body, spec) {
    if (spec.endpoint === "/v1/embeddings") return 0;
    return countAt(objectAt(body, "generationConfig"), "maxOutputTokens") ?? null;
  },
});

type Item = Extract<RequestSource, { kind: "item" }>;

const schemaOf = oncePerSchema(geminiSchema);

function content({ item, temperature_set }: Item, spec: JobSpec): Json {
  const schema = schemaOf(spec.schema);
  const lifted = splitLeadingSystem(item.messages ?? []);
  const leading = lifted.system.flatMap((message) => partsOf(message.content));
  const own = item.system === undefined ? leading : [{ text: item.system }, ...leading];
  const system = own.length > 0 || !spec.system ? own : [{ text: spec.system }];
  const contents = item.messages
    ? withMedia(lifted.rest, geminiPart).map(({ role, content }) => ({
        role: role === "assistant" ? "model" : role,
        parts: partsOf(content),
      }))
    : [{ role: "user", parts: [{ text: item.user_message }] }];
  if (contents.length === 0) {
    throw new InvalidItemError("messages", "needs at least one message that is not a system prompt");
  }
  const sampling =
    temperature_set || !OWN_TEMPERATURE.test(spec.model) ? { temperature: item.temperature } : {};
  return withExtra(
    {
      contents,
      systemInstruction: system.length > 0 ? { parts: system } : undefined,
      generationConfig: {
        maxOutputTokens: item.max_tokens,
        ...sampling,
        ...(schema !== undefined && { responseMimeType: "application/json", responseJsonSchema: schema }),
      },
    },
    item.extra,
  );
}

/** Content as parts; parts in Gemini's own form go through, for Gemini to judge. */
function partsOf(value: unknown): unknown[] {
  if (typeof value === "string") return [{ text: value }];
  if (!Array.isArray(value)) return [];
  return value.map((part) => (isObject(part) && part.type === "text" ? { text: part.text } : part));
}

function embedding({ item }: Item, spec: JobSpec): Json {
  if (item.messages) throw new InvalidItemError("messages", "an embedding takes user_message, not messages");
  if (item.system || spec.system) throw new InvalidItemError("system", "an embedding takes no system prompt");
  return withExtra({ content: { parts: [{ text: item.user_message }] } }, item.extra);
}
