import { type BatchView, countsSoFar } from "../runner.ts";

const OUTCOMES = {
  completed: "SUCCEEDED",
  failed: "FAILED",
  expired: "EXPIRED",
  cancelled: "CANCELLED",
} as const;

/** Google's codes for an operation that ended without a result: INVALID_ARGUMENT, DEADLINE_EXCEEDED, CANCELLED. */
const CODES = { failed: 3, expired: 4, cancelled: 1 } as const;

/** The operation that stands for a batch. Counts are text, as numbers of 64 bits are. */
export function operationBody(view: BatchView) {
  const { batch, now, plan, schedule, settled, ended } = view;
  const { fields } = batch;
  const outcome = ended && schedule ? schedule.outcome : null;
  const total = plan?.requests ?? 0;
  const begun = schedule && settled && now >= schedule.started;
  const { succeeded, failed } = countsSoFar(view);
  const output = outcome === "completed" ? { responsesFile: `files/${fields["responses_file"]}` } : undefined;
  const time = (at: number) => new Date(at).toISOString();
  const error =
    outcome === "completed" || outcome === null ? undefined : errorOf(outcome, plan?.errors[0]?.message);
  return {
    name: `batches/${batch.id}`,
    metadata: {
      "@type": "type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch",
      name: `batches/${batch.id}`,
      model: `models/${fields["model"]}`,
      displayName: fields["display_name"],
      inputConfig: fields["input_file"] ? { fileName: `files/${fields["input_file"]}` } : undefined,
      output,
      createTime: time(batch.created),
      updateTime: time(Math.min(now, schedule?.ended ?? now)),
      endTime: outcome && schedule ? time(schedule.ended) : undefined,
      batchStats: {
        requestCount: String(total),
        pendingRequestCount: outcome ? undefined : String(total - succeeded - failed),
        successfulRequestCount: succeeded > 0 ? String(succeeded) : undefined,
        failedRequestCount: failed > 0 ? String(failed) : undefined,
      },
      state: `BATCH_STATE_${outcome ? OUTCOMES[outcome] : begun ? "RUNNING" : "PENDING"}`,
      priority: "0",
    },
    ...(outcome && { done: true }),
    ...(output && {
      response: {
        "@type": "type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatchOutput",
        ...output,
      },
    }),
    ...(error && { error }),
  };
}

function errorOf(outcome: keyof typeof CODES, message: string | undefined) {
  return { code: CODES[outcome], message: message ?? `The batch ${outcome}.` };
}
