import { tagOf } from "../../shared/objects/keys.ts";
import { BatchRecord } from "../../shared/records/batch-record.ts";

/** The record of a batch that has ended well; `more` replaces what a test is about. */
export function recordOf(more: Partial<BatchRecord> & { job_id: string }): BatchRecord {
  const { job_id, batch = 1, round = 1 } = more;
  return BatchRecord.parse({
    provider: "openai",
    status: "completed",
    created_at: 1,
    raw: null,
    batch,
    round,
    tag: tagOf(job_id, batch, round),
    attempt: 1,
    intent_at: 1,
    provider_batch_id: "batch_1",
    ...more,
  });
}
