/** The time in Unix seconds, with a fraction. */
export const unixNow = (): number => Date.now() / 1000;

/** Seconds from a time until `now`, to the millisecond. 0 when another's clock is ahead of ours, undefined when the time is not known. */
export const secondsSince = (time: number | undefined, now: number): number | undefined =>
  time === undefined ? undefined : Math.max(0, Math.round((now - time) * 1000) / 1000);
