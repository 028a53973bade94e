/** Whether a round has enough requests for its provider. Invalid lines, or long ones, may leave a batch with few. */
import { PROFILES } from "../../shared/providers/list.ts";
import type { BatchRecord } from "../../shared/records/batch-record.ts";
import type { UnsentEnd } from "../../shared/records/lifecycle/sending.ts";
import { leastRequests } from "../../shared/workflow/small-rounds.ts";

/** The end of a round that the provider would refuse as too small; null when it may be sent. */
export function tooFew(record: BatchRecord): UnsentEnd | null {
  const { provider, request_count } = record;
  const least = leastRequests(record);
  if (request_count >= least) return null;
  return {
    status: "failed",
    too_few: true,
    error: `not sent: ${PROFILES[provider].title} takes at least ${least} requests in a batch, and here are ${request_count}`,
  };
}
