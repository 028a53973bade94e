/** The record of one provider batch: `job#<job_id>` / `batch#<n>#r<round>`. */
import { z } from "zod";
import { BatchJobInfo, Bill, Charge, ProviderName } from "../models.ts";
import { getRecord, putNew, queryRecords, type RecordKey, update } from "./table.ts";

/** A provider batch as the table holds it; `job_id` is the job's. */
export const BatchRecord = BatchJobInfo.extend({
  provider: ProviderName,
  /** The tenant in whose own account at the provider it is made; absent for the stack's. It stays where it was begun. */
  account: z.string().optional(),
  batch: z.int().positive(),
  round: z.int().positive(),
  tag: z.string(),
  /** Counts the intents to create: one more each time an earlier one surely came to nothing. */
  attempt: z.int().nonnegative(),
  /** Unix seconds: when this attempt's intent was recorded. */
  intent_at: z.number(),
  /** Unix seconds: when the create was about to be sent; absent while no batch can exist. */
  creating_at: z.number().optional(),
  /** Unix seconds: from then on, a batch that the provider does not show was surely never made. */
  undecided_until: z.number().optional(),
  /** Unix seconds: the job's deadline; what still runs then is cancelled. */
  deadline_at: z.number().optional(),
  /** The provider's id of an uploaded request file. */
  upload_id: z.string().nullish(),
  /** The provider's id of the batch, once known. */
  provider_batch_id: z.string().optional(),
  /** True when the batch was found by time and count only, and its results have not proved it ours yet. */
  unproved: z.boolean().optional(),
  /** Ids of provider batches of this round that came to nothing, or proved to be another's. */
  disowned: z.array(z.string()).optional(),
  /** True when the provider's queue will never hold this round at once: the next takes it in smaller parts. */
  too_large: z.boolean().optional(),
  /** True when this round was not sent because it could take the job over its `max_cost_usd`. */
  over_cost: z.boolean().optional(),
  /** Unix seconds: when the provider's id was recorded. */
  submitted_at: z.number().optional(),
  /** Unix seconds, by the provider's clock: when it ended the batch. */
  provider_ended_at: z.number().optional(),
  /** Unix seconds: when the workflow will next look at it; absent once it has ended. */
  next_look_at: z.number().optional(),
  /** For people: what a batch that is not submitted waits for. */
  waiting_for: z.string().optional(),
  /** The last temporary error of talking to the provider about it, until the next success. */
  trouble: z.object({ message: z.string(), at: z.number() }).optional(),
  /** What this round costs at most, its input estimated. */
  quote: Charge.optional(),
  /** What the next round costs at most. */
  next_quote: Charge.optional(),
  /** What the provider charges for this round; set with `collected`, and `usage` is then its sum. */
  billed: Bill.optional(),
  /** Runs that stopped before all answers were there, and kept what they had for the next. */
  pauses: z.int().positive().optional(),
  /** Set when this round's rows are safe in S3. */
  collected: z.boolean().optional(),
  /** Bytes of the rows' object. */
  rows_bytes: z.int().optional(),
  /** Lines without an answer so far. */
  unanswered_count: z.int().optional(),
  /** Items that go into the next round. */
  items_left: z.int().optional(),
  /** Items that wait for a round after the next, because the next is kept small. */
  deferred: z.int().optional(),
  /** Rounds so far that count towards `max_rounds`: those after which no item was deferred. */
  tries: z.int().optional(),
  /** Set when the provider's files are deleted. */
  files_deleted: z.boolean().optional(),
});
export type BatchRecord = z.infer<typeof BatchRecord>;

/** Clears what is said of a batch while it waits. */
export const NO_WAIT = {
  next_look_at: undefined,
  waiting_for: undefined,
  trouble: undefined,
} satisfies Partial<BatchRecord>;

/** Names one (job, batch, round). */
export interface BatchId {
  job_id: string;
  batch: number;
  round: number;
}

function key(id: BatchId): RecordKey {
  return { pk: `job#${id.job_id}`, sk: `batch#${id.batch}#r${id.round}` };
}

/** The record, or null when this round has not been begun. */
export async function readBatch(id: BatchId): Promise<BatchRecord | null> {
  const record = await getRecord(key(id));
  return record && BatchRecord.parse(record);
}

/** Writes the first record of a round; false when there is one already. */
export function createBatch(record: BatchRecord): Promise<boolean> {
  return putNew({ ...key(record), ...record });
}

/** Sets fields if `only` still holds (`undefined`: is absent); false when it does not. */
export function updateBatch(
  id: BatchId,
  set: Partial<BatchRecord>,
  only: Partial<BatchRecord> = {},
): Promise<boolean> {
  return update(key(id), set, only);
}

/** The last round of one batch, the last whose rows are safe, and what all rounds that were collected have cost. */
export interface BatchEnd {
  last: BatchRecord;
  collected: BatchRecord | null;
  billed: Bill[];
}

/** All rounds of a job that are begun, as they surely are now. */
export async function* batchRecords(job_id: string): AsyncGenerator<BatchRecord> {
  for await (const item of queryRecords(`job#${job_id}`, "batch#")) yield BatchRecord.parse(item);
}

/** How far every batch of a job came, by batch number. */
export async function batchEnds(job_id: string): Promise<Map<number, BatchEnd>> {
  const ends = new Map<number, BatchEnd>();
  for await (const record of batchRecords(job_id)) {
    const end = ends.get(record.batch) ?? { last: record, collected: null, billed: [] };
    if (record.round > end.last.round) end.last = record;
    if (record.collected && record.round > (end.collected?.round ?? 0)) end.collected = record;
    if (record.billed) end.billed.push(record.billed);
    ends.set(record.batch, end);
  }
  return ends;
}
