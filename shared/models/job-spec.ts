/** What users write: the settings of a job, and its items. */
import * as z from "zod";
import { isTooDeep } from "../json/source.ts";
import { PROVIDER_NAMES } from "../providers/list.ts";
import { OPENAI_ENDPOINTS } from "../providers/profile.ts";
import { Allowances, ModelPrices } from "./money.ts";

/** Providers of batch inference: those of `providers/list.ts`. */
export const ProviderName = z.enum(PROVIDER_NAMES);
export type ProviderName = z.infer<typeof ProviderName>;

const JsonObject = z.record(z.string(), z.unknown());

/**
 * Whether a text can be the name of a model. Names that every object has, such as `constructor`, cannot. As keys of bills
 * they would be lost, or rejected on the way to the table.
 */
export function isModelName(text: string): boolean {
  return text !== "" && !(text in Object.prototype);
}

/** A model's name, which is also a key of bills. */
const ModelName = z.string().min(1).refine(isModelName, { error: "this is not the name of a model" });

/** A chat message in the provider's own form: turns, images, documents. */
const ChatMessage = z.looseObject({
  role: z.string().min(1),
  content: z.union([z.string(), z.array(JsonObject), z.null()]).optional(),
});

/** Settings that an item may give, and a job may give as defaults. */
const ItemSettings = {
  /** 0 to 2; Anthropic takes at most 1. */
  temperature: z.number().min(0).max(2),
  /** The most tokens of an answer, thinking included. */
  max_tokens: z.int().positive(),
  /** Merged last into the provider's request body; a `null` removes the key. */
  extra: JsonObject,
  system: z.string(),
  /** Only where one batch may mix models, as at Anthropic. OpenAI allows one model a file. */
  model: ModelName,
};

/** One request to a model, as a user writes it: one line of the input. */
export const BatchItem = z
  .strictObject({
    custom_id: z.string().min(1),
    user_message: z.string().min(1).optional(),
    messages: z.array(ChatMessage).min(1).optional(),
    temperature: ItemSettings.temperature.default(0),
    max_tokens: ItemSettings.max_tokens.default(4096),
    extra: ItemSettings.extra.default({}),
    system: ItemSettings.system.optional(),
    model: ItemSettings.model.optional(),
  })
  .refine((item) => (item.user_message === undefined) !== (item.messages === undefined), {
    path: ["user_message"],
    message: "give exactly one of user_message and messages",
  });
export type BatchItem = z.infer<typeof BatchItem>;

/** API endpoints. Providers like OpenAI have several; the others have one, and ignore this setting. */
export const Endpoint = z.enum([...OPENAI_ENDPOINTS, "invoke-model"]);
export type Endpoint = z.infer<typeof Endpoint>;

/** The settings of a job. `job-spec.ts` says where they come from, and which source overrides which. */
export const JobSpec = z.strictObject({
  provider: ProviderName,
  model: ModelName,
  /** System prompt for items without one of their own. */
  system: z.string().optional(),
  /** For providers with several endpoints: `docs/providers.md` lists them. */
  endpoint: Endpoint.default("/v1/chat/completions"),
  /** For items that do not set them. */
  defaults: z
    .strictObject({
      temperature: ItemSettings.temperature.optional(),
      max_tokens: ItemSettings.max_tokens.optional(),
      extra: ItemSettings.extra.optional(),
    })
    .default({}),
  /** The most rounds: tries of an item that may succeed next time, the first included. */
  max_rounds: z.int().min(1).max(10).default(3),
  /** Shortest wait between two polls of a batch, in seconds. */
  min_poll_seconds: z.int().min(1).max(900).default(30),
  /** The most batches of this job at the provider at once. */
  max_concurrent_batches: z.int().min(1).max(1000).default(10),
  /** How long the provider may take for a batch: `24h`, `7d`. Default: the provider's 24 hours. */
  completion_window: z
    .string()
    .regex(/^[1-9]\d{0,2}[hd]$/, "must be hours or days, such as 24h or 7d")
    .optional(),
  /** Anthropic: values of the header `anthropic-beta` with which batches are created. */
  betas: z
    .array(z.string().regex(/^[\w.-]{1,64}$/, "is no name of a beta"))
    .max(20)
    .optional(),
  /** Hours from the job's start to its deadline, at which everything that still runs is cancelled. */
  deadline_hours: z.number().positive().optional(),
  /** What happens near the deadline to items without an answer: they stay without one, or are asked in real time. */
  at_deadline: z.enum(["keep", "real_time"]).default("keep"),
  /** How a round of fewer than 100 items goes: as a batch, or asked at once, which costs more. */
  small_rounds: z.enum(["batch", "real_time"]).default("batch"),
  /** The most US dollars that the job may cost. Requests that could exceed it are not sent. */
  max_cost_usd: z.number().positive().optional(),
  /** Prices of the job's model; they replace those of the price list. */
  prices: ModelPrices.optional(),
  /** Text of the user's message, with `{{column}}` in it: makes the input a table, each of whose rows is an item. */
  prompt: z.string().min(1).optional(),
  /** Turns with `{{column}}` in their texts, in place of `prompt` or before it. */
  messages: z.array(ChatMessage).min(1).optional(),
  /** Column of a table that becomes `custom_id`. Default: `custom_id` or `id` if there is one, else the row's number. */
  id: z.string().min(1).optional(),
  /** Columns of a table with a picture or a PDF for the message: a URL or a data URL. */
  image: z.union([z.string().min(1), z.array(z.string().min(1))]).optional(),
  /** Columns of a table that come back in `input`; default: all. */
  carry: z.array(z.string().min(1)).optional(),
  /** Input tokens that the quote assumes for each item that a request only refers to, by kind. */
  allowances: Allowances.optional(),
  /** A JSON Schema that every answer must match. The provider is asked for such answers, and each answer is checked. */
  schema: JsonObject.refine((schema) => !isTooDeep(JSON.stringify(schema)), {
    error: "it is nested too deep",
  }).optional(),
  /** How often an item is asked again whose answer does not match the schema. */
  schema_retries: z.int().min(0).max(9).default(1),
  /** Which files of results are written; `jsonl` always is. Default: `jsonl` and the input's own format. */
  outputs: z.array(z.enum(["jsonl", "csv", "parquet"])).optional(),
  /** What an invalid row does: it becomes an error result, or it fails the job before anything is sent. */
  on_invalid: z.enum(["continue", "fail"]).default("continue"),
});
export type JobSpec = z.infer<typeof JobSpec>;

/** Whether a job makes its items from a table's columns. */
export function isTemplate({ prompt, messages }: JobSpec): boolean {
  return prompt !== undefined || messages !== undefined;
}
