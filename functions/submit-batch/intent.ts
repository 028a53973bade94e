/** The intent to send a round: recorded before anything is sent, and held by one run at a time. */

import { mostOf } from "../../shared/money/quote.ts";
import { requireJobFile } from "../../shared/objects/job-file.ts";
import { tagOf } from "../../shared/objects/keys.ts";
import type { BatchState } from "../../shared/payload.ts";
import {
  type BatchRecord,
  createBatch,
  NO_WAIT,
  readBatch,
  updateBatch,
} from "../../shared/records/batch-record.ts";
import type { JobRecord } from "../../shared/records/job-record.ts";
import { accountOf } from "../../shared/tenants/account.ts";
import type { UnsentEnd } from "../../shared/workflow/job-stop.ts";

/** Records the intent to send this round, or finds another run's. `now`: Unix seconds. */
export async function intend(state: BatchState, job: JobRecord | null, now: number): Promise<BatchRecord> {
  const { job_id, batch, round } = state;
  const { spec, batches } = await requireJobFile(job_id);
  const before = round > 1 ? await readBatch({ job_id, batch, round: round - 1 }) : null;
  const first = batches[batch - 1];
  if (!first) throw new Error(`job ${job_id} has no batch ${batch}`);
  await createBatch({
    job_id,
    ...(await accountOf(job_id, spec.provider)),
    model: spec.model,
    status: "pending",
    created_at: now,
    request_count: before?.items_left ?? first.requests,
    quote: before?.next_quote ?? mostOf(first),
    raw: null,
    batch,
    round,
    tag: tagOf(job_id, batch, round),
    attempt: 0,
    intent_at: now,
    tries: before?.tries ?? 0,
    ...(spec.deadline_hours !== undefined &&
      job && { deadline_at: job.created_at + spec.deadline_hours * 3600 }),
  });
  const written = await readBatch(state);
  if (!written) throw new Error(`the record of batch ${batch} round ${round} cannot be read back`);
  return written;
}

/** Makes a round this run's own, so that no earlier run can send it any more; null when another was faster. */
export function takeOver(found: BatchRecord, now: number): Promise<BatchRecord | null> {
  return fenced(found, {
    intent_at: now,
    creating_at: undefined,
    undecided_until: undefined,
    upload_id: undefined,
  });
}

/** Ends a round that is not to be sent, so that no earlier run can send it any more; null when another was faster. */
export function endUnsent(found: BatchRecord, end: UnsentEnd): Promise<BatchRecord | null> {
  return fenced(found, { ...NO_WAIT, ...end });
}

async function fenced(found: BatchRecord, change: Partial<BatchRecord>): Promise<BatchRecord | null> {
  const mine = { ...change, attempt: found.attempt + 1 };
  // `creating_at` too: the run that has this attempt may have begun its create since the record was read.
  const only = { attempt: found.attempt, creating_at: found.creating_at, provider_batch_id: undefined };
  return (await updateBatch(found, mine, only)) ? { ...found, ...mine } : null;
}
