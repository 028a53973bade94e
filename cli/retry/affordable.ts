/** What a retry may cost, beside what the job has cost. */
import type { JobSpec } from "../../shared/models.ts";
import { mostOf } from "../../shared/money/quote.ts";
import { UsageError } from "../exit-codes.ts";
import { quoteFile } from "../input/quote-file.ts";
import { usd } from "../output/cost.ts";
import type { JobSummary } from "../results/summary.ts";
import { settingsOf } from "./in-real-time.ts";

/**
 * The spec with what is left of its `max_cost_usd`. A request of which nobody knows whether it was billed counts as much
 * as one that is asked now can cost.
 * @throws UsageError when what is asked now could cost more, or could not be sent
 */
export async function affordable(
  spec: JobSpec,
  { receipt }: JobSummary,
  failed: string,
  realTime = false,
): Promise<JobSpec> {
  const { quote, refusal } = await quoteFile(failed, settingsOf(spec));
  // In real time, any number of items is asked.
  if (refusal !== null && !realTime) throw new UsageError(refusal);
  if (spec.max_cost_usd === undefined) return spec;
  const { cost_usd, real_time_usd } = mostOf(quote);
  const most = realTime ? real_time_usd : cost_usd;
  const { unknown = { batch: 0, real_time: 0 } } = receipt ?? {};
  const perhaps = unknown.batch * (cost_usd ?? 0) + unknown.real_time * (real_time_usd ?? 0);
  const left = spec.max_cost_usd - (receipt?.cost_usd ?? 0) - perhaps / Math.max(1, quote.requests);
  if (left <= 0 || most === null || most > left)
    throw new UsageError(
      `max_cost_usd: ${usd(Math.max(0, left))} USD of ${spec.max_cost_usd} are left, and asking again may cost ${most === null ? "more than can be said" : `${usd(most)} USD`}; nothing was sent`,
    );
  return { ...spec, max_cost_usd: left };
}
