/** Rounds that are too small to be worth a batch. */
import type { JobSpec } from "../models.ts";
import { formatOf } from "../providers/formats.ts";

/** A round of fewer requests is small: Bedrock refuses such a batch, and others take hours for it. */
export const SMALL_ROUND = 100;

/** Whether a round of so many requests is asked in real time. What a provider takes no batch of is small, too. */
export function asksSmallRounds(
  { provider, model, small_rounds }: Pick<JobSpec, "provider" | "model" | "small_rounds">,
  requests: number,
): boolean {
  const { min_requests = 0 } = formatOf(provider, model).limits;
  return small_rounds === "real_time" && requests < Math.max(SMALL_ROUND, min_requests);
}
