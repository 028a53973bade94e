/** How far one batch of a job is. */
import { hasEnded } from "../../shared/models.ts";
import { itemsIn } from "../../shared/money/sums.ts";
import type { BatchEnd, BatchRecord } from "../../shared/records/batch-record.ts";

export interface BatchProgress {
  batch: number;
  /** Its last round. */
  round: number;
  /** `waiting` to be sent, `running` at the provider or in real time, `collecting` answers, `done`, or `stopped` by an error. */
  state: "waiting" | "running" | "collecting" | "done" | "stopped";
  /** Unix seconds: since when. */
  since: number;
  items: number;
  /** Items with an answer, as far as the provider reports: Anthropic reports them when a batch ends. */
  answered: number;
  /** The record of its last round. */
  record: BatchRecord;
}

export function batchProgress({ last, collected }: BatchEnd): BatchProgress {
  const state = stateOf(last);
  const lines = itemsIn(collected?.counts ?? {});
  const left = collected?.items_left ?? 0;
  const running = last === collected || state === "waiting" ? 0 : answeredSoFar(last);
  return {
    batch: last.batch,
    round: last.round,
    state,
    since: since(last, state),
    items: collected ? lines : last.request_count,
    answered: lines - left + running,
    record: last,
  };
}

function stateOf(last: BatchRecord): BatchProgress["state"] {
  if (last.collected) return last.items_left ? "waiting" : "done";
  if (hasEnded(last.status)) return "collecting";
  // The batch continues, and this is what a person must put right.
  if (last.error) return "stopped";
  return last.provider_batch_id || last.asking_at ? "running" : "waiting";
}

function since(last: BatchRecord, state: BatchProgress["state"]): number {
  const reached = last.times?.[last.status];
  return (state === "waiting" ? undefined : reached) ?? last.submitted_at ?? last.created_at;
}

/** OpenAI counts as `completed`, Anthropic as `succeeded`, which stays 0 until the end. */
function answeredSoFar(record: BatchRecord): number {
  const counts = providerCounts(record);
  const answered = counts?.completed ?? counts?.succeeded;
  return typeof answered === "number" && answered > 0 ? Math.min(answered, record.request_count) : 0;
}

/** The provider's own counts of a batch, under its own names; undefined where it has none. */
export function providerCounts({ raw }: BatchRecord): Record<string, unknown> | undefined {
  return (raw as { request_counts?: Record<string, unknown> } | null)?.request_counts;
}
