import { jsonText } from "../../json/kept-source.ts";
import { countAt, isObject, type Json, objectAt, textAt } from "../../json/values.ts";
import type { JobSpec } from "../../models.ts";
import type { ItemSource, ProviderFormat } from "../format.ts";
import type { ProviderProfile } from "../profile.ts";
import { geminiPart, withMedia } from "../wire/media.ts";
import {
  nativeBody,
  oncePerSchema,
  plainText,
  refuseOtherModel,
  systemAndChat,
  textParts,
  withExtra,
} from "../wire/request-body.ts";
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
    refuseOtherModel(source, spec, "Gemini");
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

  weight: () => 1,

  mostOutput(body, spec) {
    if (spec.endpoint === "/v1/embeddings") return 0;
    return countAt(objectAt(body, "generationConfig"), "maxOutputTokens") ?? null;
  },
});

const schemaOf = oncePerSchema(geminiSchema);

function content(source: ItemSource, spec: JobSpec): Json {
  const { item, temperature_set } = source;
  const schema = schemaOf(spec.schema);
  const { system, chat } = systemAndChat(source, spec);
  const contents = withMedia(chat, geminiPart).map(({ role, content }) => ({
    role: role === "assistant" ? "model" : role,
    parts: textParts(content),
  }));
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

function embedding(source: ItemSource, spec: JobSpec): Json {
  const text = plainText(source, spec, "an embedding");
  return withExtra({ content: { parts: [{ text }] } }, source.item.extra);
}
