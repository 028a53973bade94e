/**
 * The contracts of Nightshift: what users write, what they get, and what the table and the events
 * carry. Field names are the wire names. Types are inferred from the schemas.
 */
import * as z from "zod";
import "./human-issues.ts";
import { isTooDeep } from "./json/source.ts";
import { PROVIDER_NAMES } from "./providers/list.ts";

/** Providers of batch inference: those of `providers/list.ts`. */
export const ProviderName = z.enum(PROVIDER_NAMES);
export type ProviderName = z.infer<typeof ProviderName>;

/** Status of a job or of a provider batch. `completed`, `failed`, `expired` and `cancelled` are final. */
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
 * Whether a text can be the name of a model. Names that every object has, such as `constructor`, cannot: as keys of bills
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

/** Tokens of one answer, or summed over a job. The last four are present when the provider reports them. */
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

/** Tokens that a provider billed, and their cost in US dollars. Null: there is no price for them. */
export const Charge = Usage.extend({
  /** At the provider's batch rates; at real-time rates for what was asked in real time. */
  cost_usd: usd,
  /** What all of it would have cost in real time. */
  real_time_usd: usd,
});
export type Charge = z.infer<typeof Charge>;

/** What a round costs at most. Its input tokens are estimated, its output tokens are the most allowed. */
export const RoundQuote = Charge.extend({
  /** The part of `cost_usd` that is for input. */
  input_usd: usd.optional(),
});
export type RoundQuote = z.infer<typeof RoundQuote>;

/** Charges by the model that answered. It has no prototype, because the names of models come from outside. */
export const Bill = z
  .record(z.string(), Charge)
  .transform((charges): Record<string, Charge> => Object.assign(Object.create(null), charges));
export type Bill = z.infer<typeof Bill>;

/** What a job has cost. Every answer that a provider billed counts once, whether it was kept or not. */
export const Receipt = Charge.extend({
  models: Bill,
  /** Models without a known price. If there is one, the sums above are null. */
  unpriced_models: z.array(z.string()),
  /** The day of the price list. */
  prices_date: z.string(),
  /** The two parts of the sums above. Both are present when a request was asked in real time. */
  batch: Charge.optional(),
  real_time: Charge.optional(),
  /** Numbers of requests that may have been billed and are in no sum. Absent when there are none. */
  unknown: z
    .object({
      /** Asked in real time: the answer broke off, or the run that asked died. */
      real_time: z.int().nonnegative(),
      /** In batches that had not ended when the job did, as it went on in real time; and answers that a provider lost. */
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

/** A model's answer, in one form for all providers. */
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

/** The outcome of an item. An `invalid` item was never sent. */
export const ItemStatus = z.enum(["succeeded", "failed", "invalid", "expired", "cancelled"]);
export type ItemStatus = z.infer<typeof ItemStatus>;

/** One line of `results.jsonl`: the result of one input row. */
export const BatchResult = z.object({
  /** The number of the row in the input, from 1. */
  line: z.int().positive(),
  /** The row's own id; empty when the row had none that could be read. */
  custom_id: z.string(),
  /** Carried columns of a table's row, or the item's `metadata`; absent when there are none. */
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

/** Numbers of items by outcome, of a job or of a batch. */
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

/** API endpoints. Providers like OpenAI have several; the others have one, and ignore this setting. */
export const Endpoint = z.enum([
  "/v1/chat/completions",
  "/v1/responses",
  "/v1/embeddings",
  "/v1/completions",
  "/v1/moderations",
  "invoke-model",
]);
export type Endpoint = z.infer<typeof Endpoint>;

/** Kinds of content that a request only refers to, so that their tokens cannot be counted before it is sent. */
export const UnseenKind = z.enum(["image", "file", "audio", "stored_prompt", "conversation", "server_tool"]);
export type UnseenKind = z.infer<typeof UnseenKind>;

/** Tokens of input by kind. */
export const Allowances = z.partialRecord(UnseenKind, z.int().nonnegative());
export type Allowances = z.infer<typeof Allowances>;

const price = z.number().nonnegative().optional();

/** Real-time prices of a model in US dollars per million tokens, for models that the price list lacks or has wrong. */
export const ModelPrices = z.strictObject({
  input_mtok: price,
  cache_read_mtok: price,
  cache_write_mtok: price,
  cache_write_1h_mtok: price,
  output_mtok: price,
  /** The price in a batch as a share of these, 0 to 1. Default: the provider's. */
  batch_share: z.number().min(0).max(1).optional(),
});
export type ModelPrices = z.infer<typeof ModelPrices>;

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

/** The most characters of an unknown field's name that an error shows: the name can be part of a prompt. */
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
