import { type BatchView, countsSoFar } from "../runner.ts";

export function batchBody(view: BatchView) {
  const { batch, now, plan, schedule, settled, ended } = view;
  const status = statusOf(view);
  const errors = plan?.errors ?? [];
  const { fields } = batch;
  const outcome = ended ? schedule?.outcome : undefined;
  const endedAt = ended ? seconds(schedule?.ended) : null;
  const begun = plan !== null && errors.length === 0 && schedule !== null && now >= schedule.started;
  const finalizing = begun && now >= schedule.worked && (outcome ?? schedule.outcome) === "completed";
  return {
    id: batch.id,
    object: "batch",
    endpoint: String(fields["endpoint"]),
    model: begun ? (plan?.model ?? null) : null,
    errors: status === "failed" ? { object: "list", data: errors } : null,
    input_file_id: fields["input_file_id"],
    completion_window: fields["completion_window"],
    status,
    output_file_id: textOrNull(fields["output_file_id"]),
    error_file_id: ended ? textOrNull(fields["error_file_id"]) : null,
    created_at: seconds(batch.created),
    in_progress_at: begun ? seconds(schedule.started) : null,
    expires_at: seconds(batch.created + batch.lifetime),
    finalizing_at: finalizing ? seconds(schedule.worked) : null,
    completed_at: outcome === "completed" ? endedAt : null,
    failed_at: outcome === "failed" ? endedAt : null,
    expired_at: outcome === "expired" ? endedAt : null,
    cancelling_at: seconds(batch.cancel_requested),
    cancelled_at: outcome === "cancelled" ? endedAt : null,
    request_counts: countsOf(view),
    usage: ended && settled ? usageOf(settled) : null,
    metadata: fields["metadata"],
  };
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function statusOf({ batch, now, plan, schedule, ended }: BatchView): string {
  if (ended && schedule) return schedule.outcome;
  if (batch.cancel_requested !== null) return "cancelling";
  if (!plan || !schedule || now < schedule.started) return "validating";
  return now >= schedule.worked ? "finalizing" : "in_progress";
}

function countsOf(view: BatchView) {
  const { plan } = view;
  const total = plan === null || plan.errors.length > 0 ? 0 : plan.requests;
  const { succeeded: completed, failed } = countsSoFar(view);
  return { total, completed, failed };
}

function usageOf(settled: NonNullable<BatchView["settled"]>) {
  return {
    input_tokens: settled.input_tokens,
    input_tokens_details: {
      cached_tokens: settled.cached_tokens,
      ...(settled.cache_write_tokens > 0 && { cache_write_tokens: settled.cache_write_tokens }),
    },
    output_tokens: settled.output_tokens,
    output_tokens_details: { reasoning_tokens: settled.reasoning_tokens },
    total_tokens: settled.input_tokens + settled.output_tokens,
  };
}

function seconds(milliseconds: number | null | undefined): number | null {
  return milliseconds === null || milliseconds === undefined ? null : Math.floor(milliseconds / 1000);
}
