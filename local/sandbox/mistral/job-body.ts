import { type BatchView, countsSoFar } from "../runner.ts";

/** Mistral's words for how a batch ends. */
const OUTCOMES = {
  completed: "SUCCESS",
  failed: "FAILED",
  expired: "TIMEOUT_EXCEEDED",
  cancelled: "CANCELLED",
} as const;

/** Mistral's batch job for a view of a batch. Times are Unix seconds. */
export function jobBody(view: BatchView) {
  const { batch, now, plan, schedule, ended } = view;
  const { fields } = batch;
  const queued = !plan || !schedule || now < schedule.started;
  const total = queued || plan.errors.length > 0 ? 0 : plan.requests;
  const { succeeded, failed } = countsSoFar(view);
  return {
    id: batch.id,
    object: "batch",
    input_files: fields["input_files"],
    metadata: fields["metadata"],
    endpoint: fields["endpoint"],
    model: fields["model"],
    agent_id: null,
    output_file: ended ? (fields["output_file"] ?? null) : null,
    error_file: ended ? (fields["error_file"] ?? null) : null,
    errors: ended ? (plan?.errors ?? []).map(({ message }) => ({ message, count: 1 })) : [],
    outputs: null,
    status: statusOf(ended && schedule ? schedule.outcome : null, batch.cancel_requested !== null, queued),
    created_at: Math.floor(batch.created / 1000),
    total_requests: total,
    completed_requests: succeeded + failed,
    succeeded_requests: succeeded,
    failed_requests: failed,
    started_at: queued ? null : Math.floor(schedule.started / 1000),
    completed_at: ended && schedule ? Math.floor(schedule.ended / 1000) : null,
  };
}

function statusOf(outcome: keyof typeof OUTCOMES | null, cancelled: boolean, queued: boolean): string {
  if (outcome) return OUTCOMES[outcome];
  if (cancelled) return "CANCELLATION_REQUESTED";
  return queued ? "QUEUED" : "RUNNING";
}
