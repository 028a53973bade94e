import { jsonText } from "../../json/kept-source.ts";
import { countAt, isObject, type Json } from "../../json/values.ts";
import { isModelName, type JobSpec } from "../../models.ts";
import { InvalidItemError, type ItemSource, type ProviderFormat, type RequestSource } from "../format.ts";
import type { ProviderProfile } from "../profile.ts";
import { anthropicPart, withMedia } from "../wire/media.ts";
import {
  nativeBody,
  oncePerSchema,
  refuseStream,
  splitLeadingSystem,
  withExtra,
} from "../wire/request-body.ts";
import { anthropicSchema } from "./schema.ts";

/**
 * The Claude models that still take a `temperature`: those up to Opus 4.6. Later ones answer 400,
 * "`temperature` is deprecated for this model". A name says no more than that, so the old ones are
 * listed. https://platform.claude.com/docs/en/api/messages/create
 */
const TAKES_TEMPERATURE =
  /^claude-(instant|2|3)|^claude-(opus|sonnet|haiku)-4(-[0-6])?(-\d{8}|-latest|@.*)?$/;

/** Anthropic's Message Batches: one JSON body of `{custom_id, params}`. */
export const anthropicFormat = ({ limits }: ProviderProfile): ProviderFormat => ({
  limits,
  framing: { open: '{"requests":[\n', separator: ",\n", close: "\n]}" },

  isNative(line) {
    return "params" in line && !("user_message" in line) && !("messages" in line);
  },

  body: paramsOf,

  request(params, _spec, wireId) {
    return `{"custom_id":"${wireId}","params":${jsonText(params)}}`;
  },

  bodyKey: "params",

  /** Anthropic refuses a batch at its creation, or not at all. */
  failureOf() {
    return { kind: "requests", lines: new Map(), message: "the provider refused the batch" };
  },

  weight: () => 1,

  mostOutput(params) {
    return countAt(params, "max_tokens") ?? null;
  },
});

function paramsOf(source: RequestSource, spec: JobSpec): Json {
  const native = source.kind === "native";
  const params = native
    ? nativeBody(source.line, "params", ["custom_id", "params"])
    : itemParams(source, spec);
  const prefix = native ? "params." : "";
  for (const key of ["model", "max_tokens", "messages"]) {
    if (params[key] === undefined || params[key] === null) {
      throw new InvalidItemError(`${prefix}${key}`, "is missing; Anthropic needs it");
    }
  }
  if (typeof params.model !== "string" || !isModelName(params.model)) {
    throw new InvalidItemError(`${prefix}model`, "is not the name of a model");
  }
  refuseStream(params, prefix);
  const temperature = params.temperature;
  if (typeof temperature === "number" && temperature > 1) {
    throw new InvalidItemError(`${prefix}temperature`, "Anthropic takes at most 1");
  }
  return params;
}

const schemaOf = oncePerSchema(anthropicSchema);

function itemParams(source: ItemSource, spec: JobSpec): Json {
  const { item, temperature_set } = source;
  const schema = schemaOf(spec.schema);
  const model = item.model ?? spec.model;
  const lifted = splitLeadingSystem(item.messages ?? []);
  if (item.messages && lifted.rest.length === 0) {
    throw new InvalidItemError("messages", "needs at least one message that is not a system prompt");
  }
  const leading = lifted.system.map((message) => message.content ?? "");
  const own = item.system ? [item.system, ...leading] : leading;
  const system = own.length > 0 || item.system !== undefined ? own : spec.system ? [spec.system] : [];
  const sampling = temperature_set || takesTemperature(model, item.extra);
  return withExtra(
    {
      model,
      max_tokens: item.max_tokens,
      system: joinSystem(system),
      output_config: schema && { format: { type: "json_schema", schema } },
      messages: item.messages
        ? withMedia(lifted.rest, anthropicPart)
        : [{ role: "user", content: item.user_message }],
      temperature: sampling ? item.temperature : undefined,
    },
    item.extra,
  );
}

/** Whether the contract's default temperature can be sent: thinking requires the provider's own default. */
function takesTemperature(model: string, extra: Json): boolean {
  const thinking = extra.thinking;
  if (isObject(thinking) && thinking.type !== "disabled") return false;
  return !model.startsWith("claude") || TAKES_TEMPERATURE.test(model);
}

/** Anthropic has no leading system role: the prompts become `system`, as blocks when one is in blocks. */
function joinSystem(contents: unknown[]): unknown {
  if (contents.length === 0) return undefined;
  if (contents.every((content) => typeof content === "string")) return contents.join("\n\n");
  return contents.flatMap((content) =>
    typeof content === "string" ? [{ type: "text", text: content }] : content,
  );
}
