/** Longest wait between two polls of a batch, in seconds. */
const MAX_WAIT = 900;
/** The next wait as a share of the time already waited: it bounds both the lag and the number of polls. */
const SHARE = 1 / 8;

/** Seconds until the next try of what has waited for `waited` seconds. */
export function nextWait(waited: number, minPollSeconds: number): number {
  return Math.min(MAX_WAIT, Math.max(minPollSeconds, Math.round(waited * SHARE)));
}

/**
 * Seconds until the next poll of a batch that has been at the provider for `waited` seconds. The more batches of this
 * round came to nothing (`disowned`), the rarer the polls: it may be sent again for days. A poll takes nine of the
 * 25,000 events of an execution, thirteen with OpenAI's webhooks.
 */
export function pollWait(
  { disowned = [] }: { disowned?: string[] | undefined },
  waited: number,
  minPollSeconds: number,
): number {
  return nextWait(waited, minPollSeconds * (disowned.length + 1));
}

/** Most polls of a batch whose status is final and whose parts are missing. */
const UNSETTLED_POLLS = 6;
/** Most polls of a batch whose results have fewer lines than its counts promise. Each downloads them again. */
const SHORT_POLLS = 3;

/** Whether to poll an ended batch again that lacks its files (`parts`) or lines of them; `unsettled`: polls so far. */
export function isWorthAnotherPoll(unsettled: number | undefined, lacks: "parts" | "lines"): boolean {
  return (unsettled ?? 0) < (lacks === "parts" ? UNSETTLED_POLLS : SHORT_POLLS);
}

/** Seconds until that poll: 30 minutes for all of them at the default of `min_poll_seconds`, 30. */
export function settleWait(unsettled: number | undefined, minPollSeconds: number): number {
  return Math.min(MAX_WAIT, minPollSeconds * 2 ** (unsettled ?? 0));
}
