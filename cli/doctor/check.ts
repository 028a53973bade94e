/** One thing that the doctor looked at. */
export interface Check {
  /** What was looked at, in a word or two. */
  name: string;
  /** `warning`: it works, and may not stay so. `skipped`: not looked at, or not needed. */
  outcome: "ok" | "warning" | "wrong" | "skipped";
  /** What was found; never a key. */
  what: string;
  /** What to do about it. */
  fix?: string;
}

/** Checks that belong together, as they are made. */
export interface CheckGroup {
  title: string;
  checks: AsyncIterable<Check>;
}
