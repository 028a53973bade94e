import type { BatchView } from "../runner.ts";

/** Results can be had for 29 days after creation; then the batch is archived. Milliseconds. */
export const RESULTS_KEPT = 29 * 24 * 3600 * 1000;

/** Anthropic's batch object for a view of a batch; `base` is the base URL that the client used. */
export function batchBody({ batch, now, plan, schedule, settled, ended }: BatchView, base: string) {
  const done = ended ? settled : null;
  const archived = batch.created + RESULTS_KEPT;
  return {
    id: batch.id,
    type: "message_batch",
    processing_status: statusOf(batch.cancel_requested, ended),
    // Everything counts as processing until the whole batch has ended.
    request_counts: {
      processing: done ? 0 : (plan?.requests ?? 0),
      succeeded: done?.succeeded ?? 0,
      errored: done?.failed ?? 0,
      canceled: schedule?.outcome === "cancelled" ? (done?.unrun ?? 0) : 0,
      expired: schedule?.outcome === "expired" ? (done?.unrun ?? 0) : 0,
    },
    created_at: time(batch.created),
    expires_at: time(batch.created + batch.lifetime),
    ended_at: ended && schedule ? time(schedule.ended) : null,
    cancel_initiated_at: batch.cancel_requested === null ? null : time(batch.cancel_requested),
    archived_at: now >= archived ? time(archived) : null,
    results_url: ended && now < archived ? `${base}/v1/messages/batches/${batch.id}/results` : null,
  };
}

function statusOf(cancelRequested: number | null, ended: boolean): string {
  if (ended) return "ended";
  return cancelRequested === null ? "in_progress" : "canceling";
}

function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
