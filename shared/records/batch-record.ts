/**
 * The record of one round of a batch: `job#<job_id>` / `batch#<n>#r<round>`. This file reads it;
 * only `lifecycle/` writes it.
 */
import * as z from "zod";
import { BatchJobInfo, Bill, ProviderName, RoundQuote } from "../models.ts";
import { getRecord, queryRecords, type RecordKey } from "./table.ts";

export const BatchRecord = BatchJobInfo.extend({
  provider: ProviderName,
  /** The tenant in whose account at the provider the batch is made; absent for the stack's. A round keeps its account. */
  account: z.string().optional(),
  batch: z.int().positive(),
  round: z.int().positive(),
  tag: z.string(),
  /** The fence: a run that takes the round over raises it, and no earlier run can write any more. */
  attempt: z.int().nonnegative(),
  /** Unix seconds: when this attempt's intent was recorded. */
  intent_at: z.number(),
  /** Unix seconds: when the create was about to be sent; absent while no batch can exist. */
  creating_at: z.number().optional(),
  /** Unix seconds: after this time, a batch that the provider does not list was surely never made. */
  undecided_until: z.number().optional(),
  /** Unix seconds: the job's deadline; a batch that still runs then is cancelled. */
  deadline_at: z.number().optional(),
  /** The provider's id of an uploaded request file. */
  upload_id: z.string().nullish(),
  /** The provider's id of the batch, once known. */
  provider_batch_id: z.string().optional(),
  /** True when the batch was found by time and count only, and its results have not proved it ours yet. */
  unproved: z.boolean().optional(),
  /** Ids of provider batches of this round that came to nothing, or proved to be another's. */
  disowned: z.array(z.string()).optional(),
  /** True when the provider's token queue is too small for this round: the next rounds send it in smaller parts. */
  too_large: z.boolean().optional(),
  /** True when the provider refused this round as a whole and ran none of it. It counts as no try of its items. */
  refused: z.boolean().optional(),
  /** Rounds in a row that were refused so, this one included; and of all rounds so far. */
  refusals: z.int().nonnegative().optional(),
  refusals_ever: z.int().nonnegative().optional(),
  /** Polls that found the batch ended without all of its parts, and after which a whole wait began. */
  unsettled: z.int().positive().optional(),
  /** Unix seconds: when the batch was first to be stopped, because of a cancel or of the deadline. */
  stop_asked_at: z.number().optional(),
  /** True when this round was not sent because it could exceed the job's `max_cost_usd`. */
  over_cost: z.boolean().optional(),
  /** Unix seconds: when the provider's id was recorded. */
  submitted_at: z.number().optional(),
  /** Unix seconds, by the provider's clock: when it ended the batch. */
  provider_ended_at: z.number().optional(),
  /** Unix seconds: the workflow's next poll, or its next try to send; absent once the batch has ended. */
  next_poll_at: z.number().optional(),
  /** For people: what a batch that is not submitted waits for. */
  waiting_for: z.string().optional(),
  /** The last temporary error of a call to the provider, until the next success. */
  trouble: z.object({ message: z.string(), at: z.number() }).optional(),
  /** What this round costs at most. */
  quote: RoundQuote.optional(),
  /** What the next round costs at most. */
  next_quote: RoundQuote.optional(),
  /**
   * What the provider charges for this round; set with `collected`, and `usage` is then its sum. Until then `usage` is what the
   * provider itself reports. Of a round in real time it is there from its first answers on. A job that fails knows what it has paid.
   */
  billed: Bill.optional(),
  /** Answers of this round whose tokens nobody told: a cap counts each as its share of the quote. */
  unpriced: z.int().positive().optional(),
  /** Runs of `collect-results` that stopped early and kept their answers for the next run. */
  pauses: z.int().positive().optional(),
  /** Set when this round's rows are safe in S3. */
  collected: z.boolean().optional(),
  /** Unix seconds: when they were. */
  collected_at: z.number().optional(),
  /** Bytes of the rows' object. */
  rows_bytes: z.int().optional(),
  /** Lines without an answer so far. */
  unanswered_count: z.int().optional(),
  /** Set when the round was not sent, because the provider takes no batch of so few requests. */
  too_few: z.boolean().optional(),
  /** Items that go into the next round. */
  items_left: z.int().optional(),
  /** Items that are too few for a batch of their own, and wait for the job's last round: see `leftovers.ts`. */
  left_over: z.int().optional(),
  /** Items that wait for a round after the next, because the next is kept small. */
  deferred: z.int().optional(),
  /** Rounds so far that count towards `max_rounds`: those after which no item was deferred. */
  tries: z.int().optional(),
  files_deleted: z.boolean().optional(),
  /** Set where the job asks in real time what has no answer near its deadline. */
  at_deadline: z.literal("real_time").optional(),
  /** True for a round that is asked in real time: no batch is made of it. */
  real_time: z.boolean().optional(),
  /** Unix seconds: when the asking of a real-time round began. */
  asking_at: z.number().optional(),
  /** The attempt whose journal holds answers that no pause has, and how many parts it has written: see `journal.ts`. */
  kept_by: z.int().optional(),
  kept_parts: z.int().optional(),
  /** Requests that may have been billed, and whose answers nobody has. */
  unknown_requests: z.int().optional(),
  /** Unix seconds: when this batch was first to make way for real time. Later rounds of the batch keep it. */
  turning_at: z.number().optional(),
  /** Unix seconds: when the round was left unended to real time. What it still brings is in the bill, and in no row. */
  overtaken_at: z.number().optional(),
  /** True when the end of an overtaken batch was seen. */
  late_seen: z.boolean().optional(),
  /** What became of an overtaken round: its end was seen and its answers are billed, or the job ended before. */
  late: z.enum(["billed", "left"]).optional(),
  /** The round of this batch that was overtaken. */
  late_round: z.int().positive().optional(),
});
export type BatchRecord = z.infer<typeof BatchRecord>;

/** Names one (job, batch, round). */
export interface BatchId {
  job_id: string;
  batch: number;
  round: number;
}

/** The primary key of a round's record. */
export function batchKey({ job_id, batch, round }: BatchId): RecordKey {
  return { pk: `job#${job_id}`, sk: `batch#${batch}#r${round}` };
}

/** A round in one word: claims and holds in the token queue name their owner by it. */
export function ownerOf({ job_id, batch, round }: BatchId): string {
  return `${job_id}/${batch}/${round}`;
}

/** The record, or null when this round has not begun. */
export async function readBatch(id: BatchId): Promise<BatchRecord | null> {
  const record = await getRecord(batchKey(id));
  return record && BatchRecord.parse(record);
}

/** A batch's last round, the last whose rows are safe, and what all of its rounds were billed so far. */
export interface BatchEnd {
  last: BatchRecord;
  collected: BatchRecord | null;
  /** Whether the provider got any of its rounds, as a batch or in real time. */
  sent: boolean;
  billed: RoundBills;
}

/** Whether nothing more is to be done with a batch: its last round is collected, and no other was to follow. */
export function isDone(end: BatchEnd | undefined): boolean {
  return end?.last.collected === true && !end.last.items_left;
}

/** What rounds were billed, apart for batches and real time, and the requests that may have been billed besides. */
export interface RoundBills {
  batch: Bill[];
  real_time: Bill[];
  unknown: { batch: number; real_time: number };
}

/** What all rounds of some batches were billed. */
export function billsOf(ends: Iterable<BatchEnd>): RoundBills {
  const all = noBills();
  for (const { billed } of ends) {
    all.batch.push(...billed.batch);
    all.real_time.push(...billed.real_time);
    all.unknown.batch += billed.unknown.batch;
    all.unknown.real_time += billed.unknown.real_time;
  }
  return all;
}

function noBills(): RoundBills {
  return { batch: [], real_time: [], unknown: { batch: 0, real_time: 0 } };
}

function addRound(bills: RoundBills, record: BatchRecord): void {
  const { billed, real_time, unknown_requests = 0, unpriced = 0, overtaken_at, late, request_count } = record;
  if (billed) bills[real_time ? "real_time" : "batch"].push(billed);
  bills.unknown[real_time ? "real_time" : "batch"] += unknown_requests + unpriced;
  if (overtaken_at !== undefined && late !== "billed") bills.unknown.batch += request_count;
}

/** All rounds of a job that have begun (a strongly consistent read). */
export async function* batchRecords(job_id: string): AsyncGenerator<BatchRecord> {
  for await (const item of queryRecords(`job#${job_id}`, "batch#")) yield BatchRecord.parse(item);
}

/** How far each batch of a job came, by batch number. */
export async function batchEnds(job_id: string): Promise<Map<number, BatchEnd>> {
  const ends = new Map<number, BatchEnd>();
  for await (const record of batchRecords(job_id)) {
    const end = ends.get(record.batch) ?? { last: record, collected: null, sent: false, billed: noBills() };
    if (record.round > end.last.round) end.last = record;
    if (record.collected && record.round > (end.collected?.round ?? 0)) end.collected = record;
    end.sent ||= record.provider_batch_id !== undefined || record.asking_at !== undefined;
    addRound(end.billed, record);
    ends.set(record.batch, end);
  }
  return ends;
}
