/** Longest wait between two looks at a batch, in seconds. */
const MAX_WAIT = 900;
/** The next wait as a share of the time already waited: it bounds both the lag and the number of looks. */
const SHARE = 1 / 8;

/** Seconds until the next look at a batch that was submitted `waited` seconds ago. */
export function nextWait(waited: number, minPollSeconds: number): number {
  return Math.min(MAX_WAIT, Math.max(minPollSeconds, Math.round(waited * SHARE)));
}

/**
 * Seconds until the next look at a batch that has been at the provider for `waited` seconds. One that was turned away
 * again and again (`disowned`) is looked at less often: it may come and go for days, and each look is nine of the
 * 25,000 events of an execution, with OpenAI's webhooks thirteen.
 */
export function lookWait(
  { disowned = [] }: { disowned?: string[] | undefined },
  waited: number,
  minPollSeconds: number,
): number {
  return nextWait(waited, minPollSeconds * (disowned.length + 1));
}
