/**
 * The contracts of Nightshift: what users write, what they get, and what the table and the events
 * carry. Field names are the wire names. Types are inferred from the schemas.
 */
import { z } from "zod";
import "./human-issues.ts";
import { isTooDeep } from "./json/source.ts";
import { PROVIDER_NAMES } from "./providers/list.ts";

/** Providers of batch inference: those of `providers/list.ts`. */
export const ProviderName = z.enum(PROVIDER_NAMES);
export type ProviderName = z.infer<typeof ProviderName>;

/** Life of a job or of a provider batch. `completed`, `failed`, `expired`, `cancelled` are final. */
export const BatchStatus = z.enum([
  "pending",
  "in_progress",
  "finalizing",
  "completed",
  "failed",
  "expired",
  "cancelling",
  "cancelled",
]);
export type BatchStatus = z.infer<typeof BatchStatus>;

const ENDED: ReadonlySet<BatchStatus> = new Set(["completed", "failed", "expired", "cancelled"]);

/** Whether a status is final. */
export function hasEnded(status: BatchStatus): boolean {
  return ENDED.has(status);
}

const JsonObject = z.record(z.string(), z.unknown());

/**
 * Whether a text can be the name of a model. `constructor` and the like cannot: every object has them, so as keys of
 * bills they are lost or refused on the way to the table.
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

/** Settings an item may carry, and a job may give as defaults. */
const ItemSettings = {
  /** 0 to 2; Anthropic takes at most 1. */
  temperature: z.number().min(0).max(2),
  /** Most tokens of the answer, thinking included. */
  max_tokens: z.int().positive(),
  /** Merged last into the provider's request body; a `null` removes the key. */
  extra: JsonObject,
  system: z.string(),
  /** Anthropic only: OpenAI allows one model a file. */
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

/** Tokens of one answer, or summed over a job. The last four are there where the provider gives them. */
export const Usage = z.object({
  prompt_tokens: z.int().nonnegative(),
  completion_tokens: z.int().nonnegative(),
  total_tokens: z.int().nonnegative(),
  /** Part of `prompt_tokens` read from the provider's cache. */
  cached_tokens: z.int().nonnegative().optional(),
  /** Part of `prompt_tokens` written to the provider's cache. */
  cache_write_tokens: z.int().nonnegative().optional(),
  /** Part of `cache_write_tokens` that the cache keeps for an hour, at a higher price (Anthropic). */
  cache_write_1h_tokens: z.int().nonnegative().optional(),
  /** Part of `completion_tokens` spent on thinking. */
  reasoning_tokens: z.int().nonnegative().optional(),
});
export type Usage = z.infer<typeof Usage>;

const usd = z.number().nonnegative().nullable();

/** Tokens that a provider billed, and what they cost. Null: there is no price for them. */
export const Charge = Usage.extend({
  /** At the provider's batch rates; what was asked in real time, at those. */
  cost_usd: usd,
  /** What the same had cost in real time. */
  real_time_usd: usd,
});
export type Charge = z.infer<typeof Charge>;

/** What a round costs at most, its input estimated. */
export const RoundQuote = Charge.extend({
  /** The part of `cost_usd` that is for input. */
  input_usd: usd.optional(),
});
export type RoundQuote = z.infer<typeof RoundQuote>;

/** Charges by the model that answered. It has no prototype: models are named from outside. */
export const Bill = z
  .record(z.string(), Charge)
  .transform((charges): Record<string, Charge> => Object.assign(Object.create(null), charges));
export type Bill = z.infer<typeof Bill>;

/** What a job has cost: every answer that a provider billed, kept or not, once. */
export const Receipt = Charge.extend({
  models: Bill,
  /** Models without a known price: with one of them the sums above are null. */
  unpriced_models: z.array(z.string()),
  /** The day of the price list. */
  prices_date: z.string(),
  /** The two parts of the sums above. Both are there when something was asked in real time. */
  batch: Charge.optional(),
  real_time: Charge.optional(),
  /** Requests that may have been billed and are in no sum. Absent when there are none. */
  unknown: z
    .object({
      /** Asked in real time: the answer broke off, or whoever asked died. */
      real_time: z.int().nonnegative(),
      /** In batches that made way for real time, and had not ended when the job did. */
      batch: z.int().nonnegative(),
    })
    .optional(),
});
export type Receipt = z.infer<typeof Receipt>;

/** A tool call of the model; `arguments` are parsed, or the text itself when it is not JSON. */
export const ToolCall = z.object({ id: z.string(), name: z.string(), arguments: z.unknown() });
export type ToolCall = z.infer<typeof ToolCall>;

export const FinishReason = z.enum(["stop", "tool_call", "length", "content_filter", "error"]);
export type FinishReason = z.infer<typeof FinishReason>;

/** A model's answer, alike for all providers. */
export const LLMResponse = z.object({
  content: z.string(),
  thinking: z.string().nullable(),
  /** The content as JSON, when the whole of it is one object or array, or one fenced block of it. */
  parsed: z.union([JsonObject, z.array(z.unknown())]).nullable(),
  tool_calls: z.array(ToolCall),
  finish_reason: FinishReason,
  usage: Usage,
  /** The provider's response body (completion, response, message), unchanged. */
  raw: z.unknown(),
});
export type LLMResponse = z.infer<typeof LLMResponse>;

/** What became of an item; `invalid` was never sent. */
export const ItemStatus = z.enum(["succeeded", "failed", "invalid", "expired", "cancelled"]);
export type ItemStatus = z.infer<typeof ItemStatus>;

/** One line of `results.jsonl`: the end of one input line. */
export const BatchResult = z.object({
  /** The item's line in the input, from 1. */
  line: z.int().positive(),
  /** The user's own; empty when the line had none that could be read. */
  custom_id: z.string(),
  /** Carried columns of the input's row, or `metadata` of our own item line; absent where there are none. */
  input: JsonObject.optional(),
  status: ItemStatus,
  response: LLMResponse.nullable(),
  error: z.string().nullable(),
  /** The provider's result line without the body that is in `response.raw`; null when nothing was sent. */
  raw: z.unknown(),
});
export type BatchResult = z.infer<typeof BatchResult>;

/** Whether a result is an answer worth keeping: a response and no error. */
export function ok(result: { response: unknown; error: string | null }): boolean {
  return result.error === null && result.response !== null;
}

/** Items of a job or of a batch by what became of them. */
export const ItemCounts = z.object({
  succeeded: z.int().nonnegative().default(0),
  failed: z.int().nonnegative().default(0),
  invalid: z.int().nonnegative().default(0),
  expired: z.int().nonnegative().default(0),
  cancelled: z.int().nonnegative().default(0),
});
export type ItemCounts = z.infer<typeof ItemCounts>;

/** A job, or a provider batch, as the table, `summary.json` and the events show it. */
export const BatchJobInfo = z.object({
  job_id: z.string().min(1),
  /** Null only for a job that failed before its provider was known. */
  provider: ProviderName.nullable(),
  status: BatchStatus,
  /** Unix seconds. */
  created_at: z.number(),
  request_count: z.int().nonnegative().default(0),
  /** The provider's own object; null for a job. */
  raw: z.unknown().default(null),
  model: z.string().optional(),
  counts: ItemCounts.optional(),
  usage: Usage.optional(),
  receipt: Receipt.optional(),
  error: z.string().nullable().optional(),
  /** Unix seconds at which each status was reached. */
  times: z.partialRecord(BatchStatus, z.number()).optional(),
});
export type BatchJobInfo = z.infer<typeof BatchJobInfo>;

/** Endpoints of OpenAI and of those that resemble it; others have one each. */
export const Endpoint = z.enum([
  "/v1/chat/completions",
  "/v1/responses",
  "/v1/embeddings",
  "/v1/completions",
  "/v1/moderations",
  "invoke-model",
]);
export type Endpoint = z.infer<typeof Endpoint>;

/** Things that a request only points to, and whose tokens cannot be counted in it. */
export const UnseenKind = z.enum(["image", "file", "audio", "stored_prompt", "conversation", "server_tool"]);
export type UnseenKind = z.infer<typeof UnseenKind>;

/** Tokens of input by kind. */
export const Allowances = z.partialRecord(UnseenKind, z.int().nonnegative());
export type Allowances = z.infer<typeof Allowances>;

const price = z.number().nonnegative().optional();

/** Prices of a model, which the price list lacks or has wrong: US dollars a million tokens, in real time. */
export const ModelPrices = z.strictObject({
  input_mtok: price,
  cache_read_mtok: price,
  cache_write_mtok: price,
  cache_write_1h_mtok: price,
  output_mtok: price,
  /** What a batch costs of that; default: the provider's share. */
  batch_share: z.number().min(0).max(1).optional(),
});
export type ModelPrices = z.infer<typeof ModelPrices>;

/** How a job is to be run; see `job-spec.ts` for where it comes from. */
export const JobSpec = z.strictObject({
  provider: ProviderName,
  model: ModelName,
  /** System prompt of every item that has none of its own. */
  system: z.string().optional(),
  /** Where the provider has a choice; see the profile's `endpoints`. */
  endpoint: Endpoint.default("/v1/chat/completions"),
  /** Used for every item that does not set them. */
  defaults: z
    .strictObject({
      temperature: ItemSettings.temperature.optional(),
      max_tokens: ItemSettings.max_tokens.optional(),
      extra: ItemSettings.extra.optional(),
    })
    .default({}),
  /** Tries of an item that may succeed next time, the first included. */
  max_rounds: z.int().min(1).max(10).default(3),
  /** Shortest wait between two looks at a batch, in seconds. */
  min_poll_seconds: z.int().min(1).max(900).default(30),
  /** Batches of this job at the provider at once. */
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
  /** Hours after which what still runs is cancelled. */
  deadline_hours: z.number().positive().optional(),
  /** What becomes of items that have no answer near the deadline: they stay without one, or are asked in real time. */
  at_deadline: z.enum(["keep", "real_time"]).default("keep"),
  /** How a round of fewer than 100 items goes: as a batch, or asked at once, which costs more. */
  small_rounds: z.enum(["batch", "real_time"]).default("batch"),
  /** US dollars that the job may cost at most, by estimate; what could pass it is not sent, and not asked in real time. */
  max_cost_usd: z.number().positive().optional(),
  /** What the job's tokens cost, where the price list does not know it. */
  prices: ModelPrices.optional(),
  /** Text of the user's message, with `{{column}}` in it: makes the input a table, each of whose rows is an item. */
  prompt: z.string().min(1).optional(),
  /** Turns with `{{column}}` in their texts, in place of `prompt` or before it. */
  messages: z.array(ChatMessage).min(1).optional(),
  /** Column of a table that is `custom_id`; default: `custom_id` or `id` where there is one, else the row's number. */
  id: z.string().min(1).optional(),
  /** Columns of a table with a picture or a PDF for the message: a URL or a data URL. */
  image: z.union([z.string().min(1), z.array(z.string().min(1))]).optional(),
  /** Columns of a table that come back in `input`; default: all. */
  carry: z.array(z.string().min(1)).optional(),
  /** Tokens of input that each thing a request points to is taken for: what they are is not known before it is sent. */
  allowances: Allowances.optional(),
  /** A JSON Schema that every answer must fit; the provider is asked for such answers, and each is checked. */
  schema: JsonObject.refine((schema) => !isTooDeep(JSON.stringify(schema)), {
    error: "it is nested too deep",
  }).optional(),
  /** How often an answer that does not fit the schema is asked again. */
  schema_retries: z.int().min(0).max(9).default(1),
  /** Which files of results are written; `jsonl` always is. Default: `jsonl` and the input's own format. */
  outputs: z.array(z.enum(["jsonl", "csv", "parquet"])).optional(),
  /** What an invalid line does: become an error result, or fail the job before anything is sent. */
  on_invalid: z.enum(["continue", "fail"]).default("continue"),
});
export type JobSpec = z.infer<typeof JobSpec>;

/** Most characters of an unknown field's name that are shown: a stray one can be a piece of a prompt. */
const MAX_NAME = 64;

/** The first problem of a zod error for a person: `temperature: must be at most 2`. */
export function firstProblem(error: z.ZodError): string {
  const issue = error.issues[0];
  if (!issue) return "invalid";
  const path = issue.path.join(".");
  if (issue.code === "unrecognized_keys") {
    const names = issue.keys.slice(0, 3).map((key) => JSON.stringify(key.slice(0, MAX_NAME)));
    const more = issue.keys.length > 3 ? ` and ${issue.keys.length - 3} more` : "";
    return `${path && `${path}: `}unknown field ${names.join(", ")}${more}`;
  }
  return path ? `${path}: ${issue.message}` : issue.message;
}
