import { jsonText } from "../../json/kept-source.ts";
import type { Json } from "../../json/values.ts";
import type { JobSpec } from "../../models.ts";
import { InvalidItemError, type ProviderFormat } from "../format.ts";
import { openaiFormat } from "../openai/format.ts";
import type { ProviderProfile } from "../profile.ts";
import { mistralPart, withMedia } from "../wire/media.ts";
import { nativeBody, refuseStream } from "../wire/request-body.ts";

/** Mistral's lines are `{custom_id, body}`: the endpoint and the model are the job's. */
export const mistralFormat = (profile: ProviderProfile): ProviderFormat => {
  const openai = openaiFormat(profile);
  return {
    ...openai,
    isNative(line) {
      return "body" in line && !("url" in line) && !("user_message" in line) && !("messages" in line);
    },
    body(source, spec) {
      if (source.kind === "native") return nativeLine(source.line, spec);
      const { messages } = source.item;
      const item = messages ? { ...source.item, messages: withMedia(messages, mistralPart) } : source.item;
      const { model: _, ...body } = openai.body({ ...source, item }, spec);
      return body;
    },
    request(body, _spec, wireId) {
      return `{"custom_id":"${wireId}","body":${jsonText(body)}}`;
    },
  };
};

function nativeLine(line: Json, spec: JobSpec): Json {
  const body = nativeBody(line, "body", ["custom_id", "body"]);
  if (body.model !== undefined && body.model !== spec.model) {
    throw new InvalidItemError(
      "body.model",
      `must be the job's model, ${spec.model}: Mistral allows one a job`,
    );
  }
  refuseStream(body, "body.");
  return body;
}
