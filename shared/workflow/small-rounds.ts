/** Rounds that are too small to be worth a batch. */
import type { JobSpec } from "../models.ts";
import { formatOf } from "../providers/formats.ts";

/** A round of fewer requests is small: Bedrock refuses such a batch, and others take hours for it. */
export const SMALL_ROUND = 100;

/** Whether a round of so many requests is asked in real time. */
export function asksSmallRounds(
  { provider, small_rounds }: Pick<JobSpec, "provider" | "small_rounds">,
  requests: number,
): boolean {
  return small_rounds === "real_time" && requests < SMALL_ROUND && asksInRealTime(provider);
}

/** Whether a provider can be asked in real time here. */
export function asksInRealTime(provider: JobSpec["provider"]): boolean {
  return formatOf(provider).limits.now_per_minute !== undefined;
}
