/** Longest wait between two looks at a batch, in seconds. */
const MAX_WAIT = 900;
/** The next wait as a share of the time already waited: it bounds both the lag and the number of looks. */
const SHARE = 1 / 8;

/** Seconds until the next look at a batch that was submitted `waited` seconds ago. */
export function nextWait(waited: number, minPollSeconds: number): number {
  return Math.min(MAX_WAIT, Math.max(minPollSeconds, Math.round(waited * SHARE)));
}
