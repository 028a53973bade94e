import { tagOf } from "../../shared/objects/keys.ts";
import { type BatchId, BatchRecord, batchKey } from "../../shared/records/batch-record.ts";
import { update } from "../../shared/records/table.ts";

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

/** Sets fields of a round's record, past its lifecycle: what another run, or a dead one, may have left. */
export async function setBatch(id: BatchId, fields: Partial<BatchRecord>): Promise<void> {
  if (!(await update(batchKey(id), fields))) throw new Error(`no record of ${JSON.stringify(id)}`);
}
