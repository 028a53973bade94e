/** The intent to send a round: recorded before anything is sent. */
import { roundInRealTime, roundQuote } from "../../shared/money/quote.ts";
import { requireJobFile } from "../../shared/objects/job-file.ts";
import { tagOf } from "../../shared/objects/keys.ts";
import { readLeftovers } from "../../shared/objects/leftovers.ts";
import type { BatchState } from "../../shared/payload.ts";
import { type BatchRecord, readBatch } from "../../shared/records/batch-record.ts";
import type { JobRecord } from "../../shared/records/job-record.ts";
import { begin, handedOn } from "../../shared/records/lifecycle/sending.ts";
import { accountOf } from "../../shared/tenants/account.ts";
import { asksSmallRounds } from "../../shared/workflow/small-rounds.ts";

/** Records the intent to send this round, or reads the one that another run recorded. `now`: Unix seconds. */
export async function intend(state: BatchState, job: JobRecord | null, now: number): Promise<BatchRecord> {
  const { job_id, batch, round } = state;
  const { spec, batches } = await requireJobFile(job_id);
  const before = round > 1 ? await readBatch({ job_id, batch, round: round - 1 }) : null;
  const leftovers = batch > batches.length ? await readLeftovers(job_id) : null;
  const first = batches[batch - 1] ?? leftovers?.quote;
  if (!first) throw new Error(`job ${job_id} has no batch ${batch}`);
  const handed = before?.collected ? handedOn(before) : {};
  const requests = handed.request_count ?? first.requests;
  const real_time = handed.real_time || asksSmallRounds(spec, requests) || undefined;
  const quote = handed.quote ?? roundQuote(first);
  await begin({
    job_id,
    ...(await accountOf(job_id, spec.provider)),
    model: spec.model,
    status: "pending",
    created_at: now,
    request_count: first.requests,
    raw: null,
    batch,
    round,
    tag: tagOf(job_id, batch, round),
    attempt: 0,
    intent_at: now,
    // The job's last round is the last try of its items.
    tries: leftovers ? spec.max_rounds - 1 : 0,
    ...handed,
    quote: real_time ? roundInRealTime(quote) : quote,
    real_time,
    ...(spec.at_deadline === "real_time" && { at_deadline: spec.at_deadline }),
    ...(spec.deadline_hours !== undefined &&
      job && { deadline_at: job.created_at + spec.deadline_hours * 3600 }),
  });
  const written = await readBatch(state);
  if (!written) throw new Error(`the record of batch ${batch} round ${round} cannot be read back`);
  return written;
}
