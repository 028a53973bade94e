/** What users get: the results of a job, and how it stands. */
import * as z from "zod";
import { ProviderName } from "./job-spec.ts";
import { Receipt, Usage } from "./money.ts";

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
