/** Rounds that are too small to be worth a batch. */
import type { JobSpec } from "../models.ts";
import { formatOf } from "../providers/formats.ts";
import type { BatchRecord } from "../records/batch-record.ts";

/** A round of fewer requests is small: Bedrock refuses such a batch, and others take hours for it. */
export const SMALL_ROUND = 100;

/** The fewest requests that the provider of a job takes in a batch. */
export function leastRequests({ provider, model }: Pick<BatchRecord, "provider" | "model">): number {
  return formatOf(provider, model).limits.min_requests ?? 1;
}

/** Whether a round of so many requests is asked in real time. What a provider takes no batch of is small, too. */
export function asksSmallRounds(
  spec: Pick<JobSpec, "provider" | "model" | "small_rounds">,
  requests: number,
): boolean {
  return spec.small_rounds === "real_time" && requests < Math.max(SMALL_ROUND, leastRequests(spec));
}
