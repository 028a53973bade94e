/**
 * The one payload of the workflow. It carries keys and counters only: never prompts, answers or
 * secrets. Each Lambda takes and returns a part of it.
 */
import * as z from "zod";
import { BatchJobInfo, BatchStatus, ItemCounts, ProviderName } from "./models.ts";
import { INBOX_PREFIX } from "./names.ts";

/** Started by the trigger: the `detail` of S3's `Object Created` event. */
const TriggerInput = z.object({
  bucket: z.object({ name: z.string() }),
  object: z.object({
    key: z.string(),
    "version-id": z.string().optional(),
    etag: z.string().optional(),
    sequencer: z.string().optional(),
  }),
});

/** Started by hand or by the command: a key, and settings that override all others. */
const ManualInput = z.strictObject({
  key: z.string().min(1),
  version_id: z.string().optional(),
  job: z.record(z.string(), z.unknown()).optional(),
  /** The key of a JSON object with more settings. They can hold prompts, which an execution's input would show for 90 days. */
  job_key: z.string().startsWith(INBOX_PREFIX).optional(),
});

export const ExecutionInput = z.union([TriggerInput, ManualInput]);
export type ExecutionInput = z.infer<typeof ExecutionInput>;

/** Whether the trigger started the execution, rather than a person or a program. */
export const isUpload = (input: unknown): boolean => TriggerInput.safeParse(input).success;

export const PrepareInput = z.object({
  /** The execution's ARN: the owner of the job's claim. */
  execution: z.string().min(1),
  input: z.unknown(),
});
export type PrepareInput = z.infer<typeof PrepareInput>;

/** What the event of a job's change carries. */
export const JobEvent = BatchJobInfo.omit({ raw: true });
export type JobEvent = z.infer<typeof JobEvent>;

/** What the event of a finished batch carries. */
export const BatchEvent = z.object({
  job_id: z.string(),
  /** From 1. */
  batch: z.int().positive(),
  /** Batches of the job; absent until it is prepared. */
  batches: z.int().positive().optional(),
  provider: ProviderName.nullable(),
  /** How its last round at the provider ended. */
  status: BatchStatus,
  /** Items by outcome; absent when nothing of it was collected. */
  counts: ItemCounts.optional(),
  /** Where its `BatchResult`s are: a key in the job's bucket, and bytes. Null when nothing of it was collected. */
  rows: z.object({ key: z.string(), bytes: z.int().nonnegative() }).nullable(),
});
export type BatchEvent = z.infer<typeof BatchEvent>;

/** Output of `prepare-job`, input of the Map and of `finalize-job`. */
export const PreparedJob = z.object({
  job_id: z.string(),
  /** False when another execution has claimed the job: this one ends without doing anything. */
  prepared: z.boolean(),
  /** True when the run stopped before the end of the input: the next run of `prepare-job` resumes there. */
  more: z.boolean().default(false),
  provider: ProviderName.optional(),
  /** Batch numbers, 1..n. */
  batches: z.array(z.int().positive()).default([]),
  max_concurrent_batches: z.int().positive().default(1),
  min_poll_seconds: z.int().positive().default(30),
  /** Whether the job's last round was sent: see `leftovers.ts`. */
  pooled: z.boolean().default(false),
  info: JobEvent.optional(),
});
export type PreparedJob = z.infer<typeof PreparedJob>;

/**
 * How the state machine waits for the wake signal of a provider batch: see `wake-record.ts`. Absent when nothing wakes it.
 * Times are Unix seconds as text: the state machine calls DynamoDB itself, whose API takes numbers as text.
 */
export const Wake = z.object({
  provider_batch_id: z.string().min(1),
  /** When the last poll began: no poll has seen what a signal from then on reports. */
  news_since: z.string(),
  /** When the waiting task is surely over, and DynamoDB may delete the record. */
  expires_at: z.string(),
});
export type Wake = z.infer<typeof Wake>;

/** The state of one child execution: one batch on its way through its rounds. */
export const BatchState = z.object({
  job_id: z.string(),
  batch: z.int().positive(),
  round: z.int().positive(),
  min_poll_seconds: z.int().positive(),
  wait_seconds: z.int().nonnegative().default(0),
  /** Set by `submit-batch`: whether the batch is at the provider. */
  submitted: z.boolean().default(false),
  /** Set by `submit-batch`: whether the round is asked in real time. */
  real_time: z.boolean().default(false),
  /** Set by `collect-results`: whether all rows are safe, and only the end of the overtaken batch of `round` is waited for. */
  late: z.boolean().default(false),
  /** Set by `submit-batch` and `poll-status` while the batch is at the provider. */
  wake: Wake.optional(),
  /** Set by `poll-status`: whether the provider batch has ended; by `answer-now`: whether nothing more is asked. */
  ended: z.boolean().default(false),
  /** Set by `collect-results`: whether its run stopped before the end of the results; the next run resumes there. */
  collecting: z.boolean().default(false),
  /** Set by `collect-results`: items that go into the next round. */
  items_left: z.int().nonnegative().default(0),
  /** Set by `collect-results`, and by `record-failure`, when nothing more is done with the batch: its event. */
  info: BatchEvent.optional(),
});
export type BatchState = z.infer<typeof BatchState>;

export const FinalizeInput = z.object({
  job_id: z.string().min(1),
  /** The execution's ARN: the owner of the job. */
  execution: z.string().min(1),
  /** Whether the job's last round was sent; absent in executions that began before such rounds existed. */
  pooled: z.boolean().optional(),
});
export type FinalizeInput = z.infer<typeof FinalizeInput>;

/** Output of a run of `finalize-job` that stopped before all was written: the next run resumes there. */
export interface UnfinishedJob {
  job_id: string;
  more: true;
  pooled?: boolean | undefined;
}

/** Output of `finalize-job` when the job needs one more round: input of the Map. */
export interface LastRound
  extends Pick<PreparedJob, "batches" | "max_concurrent_batches" | "min_poll_seconds"> {
  job_id: string;
  more: true;
  pooled: true;
}

/** Output of `record-failure` and of the last run of `finalize-job`, input of `NotifyFinished`. */
export const FinishedJob = z.object({
  job_id: z.string(),
  more: z.literal(false),
  succeeded: z.boolean(),
  info: JobEvent,
});
export type FinishedJob = z.infer<typeof FinishedJob>;

/** Input of `record-failure`: a job's failure, or one batch's when `batch` is there. */
export const FailureInput = z.object({
  execution: z.string().min(1),
  /** The execution's own input: it identifies the job when that was not prepared. */
  input: z.unknown(),
  batch: BatchState.optional(),
  error: z.object({ Error: z.string(), Cause: z.string().default("") }),
});
export type FailureInput = z.infer<typeof FailureInput>;
