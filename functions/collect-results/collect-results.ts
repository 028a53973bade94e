/**
 * Joins a round's answers to the lines of its batch. The rows file holds every line of the batch as
 * it stands after this round, in input order, so that the job's results are the batches' last rows
 * one behind the other.
 */
import { type BatchRecord, readBatch, updateBatch } from "../../shared/batch-record.ts";
import { requireJobFile } from "../../shared/job-file.ts";
import { hasEnded } from "../../shared/models.ts";
import type { BatchState } from "../../shared/payload.ts";
import { formatOf } from "../../shared/providers/formats.ts";
import type { Provider } from "../../shared/providers/provider.ts";
import { fetchAnswers, providerInfo } from "./fetch-answers.ts";
import { writeNextRound } from "./request-lines.ts";
import { writeRows } from "./write-rows.ts";

/** What `collectResults` needs besides S3 and the table. */
export interface CollectSettings {
  provider: (name: BatchRecord["provider"]) => Promise<Provider>;
}

/** Collects one ended round. Running it again changes nothing: a round is collected once. */
export async function collectResults(state: BatchState, settings: CollectSettings): Promise<BatchState> {
  const record = await readBatch(state);
  if (!record || !hasEnded(record.status)) {
    throw new Error(`batch ${state.batch} round ${state.round} has not ended: it cannot be collected`);
  }
  const provider = record.provider_batch_id ? await settings.provider(record.provider) : null;
  const items_left = record.collected ? (record.items_left ?? 0) : await collect(record, provider);
  if (provider && !record.files_deleted) {
    await provider.deleteFiles(providerInfo(record));
    await updateBatch(record, { files_deleted: true });
  }
  const round = items_left > 0 ? state.round + 1 : state.round;
  return { ...state, round, items_left, submitted: false, ended: false, wait_seconds: 0 };
}

async function collect(record: BatchRecord, provider: Provider | null): Promise<number> {
  const { spec } = await requireJobFile(record.job_id);
  const answers = await fetchAnswers(record, provider);
  try {
    const rows = await writeRows(record, answers);
    const lastRound = record.round >= spec.max_rounds || deadlinePassed(record);
    const left = lastRound ? new Set<number>() : rows.retry;
    if (left.size > 0) await writeNextRound(record, left, formatOf(record.provider));
    await updateBatch(record, {
      collected: true,
      error: record.status === "failed" ? record.error : undefined,
      counts: rows.counts,
      usage: rows.usage,
      rows_bytes: rows.bytes,
      unanswered_count: rows.unanswered,
      items_left: left.size,
    });
    return left.size;
  } finally {
    answers.spool.close();
  }
}

/** A batch that was cancelled or not sent because of the deadline gets no further round. */
function deadlinePassed(record: BatchRecord): boolean {
  return record.status === "cancelled" || (record.status === "expired" && !record.provider_batch_id);
}
