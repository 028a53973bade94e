import { jsonText } from "../../json/kept-source.ts";
import { openaiFormat } from "../openai/format.ts";
import type { ProviderProfile } from "../profile.ts";
import type { ProviderFormat } from "../provider.ts";
import { isObject } from "../wire/json.ts";

/** Mistral's lines are `{custom_id, body}`: the endpoint and the model are the job's. */
export const mistralFormat = (profile: ProviderProfile): ProviderFormat => {
  const openai = openaiFormat(profile);
  return {
    ...openai,
    isNative(line) {
      return "body" in line && !("url" in line) && !("user_message" in line) && !("messages" in line);
    },
    body(source, spec) {
      if (source.kind !== "native") return openai.body(source, spec);
      const { custom_id, body, ...rest } = source.line;
      // The model is the job's, and need not stand in each line.
      const whole = isObject(body) ? { model: spec.model, ...body } : body;
      const line = { ...rest, custom_id, method: "POST", url: spec.endpoint, body: whole };
      return openai.body({ kind: "native", line }, spec);
    },
    request(body, _spec, wireId) {
      // One model a job, named at its creation.
      const { model: _, ...rest } = body;
      return `{"custom_id":"${wireId}","body":${jsonText(rest)}}`;
    },
  };
};
