import { type BatchView, countsSoFar } from "../runner.ts";
import { share } from "../schedule.ts";
import { jobOf } from "./protocol.ts";

/** Shares of the time before a job runs: when it is validated, and when it waits. */
const [VALIDATING, SCHEDULED] = [0.3, 0.6];

/** Bedrock's word for how a job stands. */
export function statusOf({ batch, now, plan, schedule, ended }: BatchView): string {
  if (ended && schedule) {
    switch (schedule.outcome) {
      case "completed":
        return "Completed";
      case "failed":
        return "Failed";
      case "cancelled":
        return "Stopped";
      default:
        return schedule.share > 0 ? "PartiallyCompleted" : "Expired";
    }
  }
  if (batch.cancel_requested !== null) return "Stopping";
  const started = schedule?.started ?? batch.created + batch.latency * 0.1;
  if (plan && schedule && now >= started) return "InProgress";
  const waited = share(now, batch.created, started);
  if (waited < VALIDATING) return "Submitted";
  return waited < SCHEDULED || !plan ? "Validating" : "Scheduled";
}

/** A job as Get and List write it. Times are ISO dates. */
export function jobBody(view: BatchView) {
  const { batch, now, plan, schedule, ended } = view;
  const { tags: _tags, ...job } = jobOf(batch);
  const begun = schedule !== null && plan !== null && plan.errors.length === 0 && now >= schedule.started;
  const { succeeded, failed } = countsSoFar(view);
  const time = (at: number) => new Date(at).toISOString();
  const message = plan?.errors[0]?.message;
  return {
    jobArn: String(batch.fields["arn"]),
    ...job,
    status: statusOf(view),
    ...(message !== undefined && ended && { message }),
    submitTime: time(batch.created),
    lastModifiedTime: time(ended && schedule ? schedule.ended : now),
    ...(ended && schedule && { endTime: time(schedule.ended) }),
    jobExpirationTime: time(batch.created + batch.lifetime),
    ...(begun && {
      totalRecordCount: plan.requests,
      processedRecordCount: succeeded + failed,
      successRecordCount: succeeded,
      errorRecordCount: failed,
    }),
  };
}
