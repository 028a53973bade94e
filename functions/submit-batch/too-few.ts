/** Whether a round has enough requests for its provider. Invalid lines, or long ones, may leave a batch with few. */
import { formatOf } from "../../shared/providers/formats.ts";
import { PROFILES } from "../../shared/providers/list.ts";
import type { UnsentEnd } from "../../shared/records/batch-lifecycle.ts";
import type { BatchRecord } from "../../shared/records/batch-record.ts";

/** The end of a round that the provider would refuse as too small; null when it may be sent. */
export function tooFew({ provider, model, request_count }: BatchRecord): UnsentEnd | null {
  const least = formatOf(provider, model).limits.min_requests ?? 1;
  if (request_count >= least) return null;
  return {
    status: "failed",
    too_few: true,
    error: `not sent: ${PROFILES[provider].title} takes at least ${least} requests in a batch, and here are ${request_count}`,
  };
}
