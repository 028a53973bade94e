export interface Check {
  /** What was checked, in a word or two. */
  name: string;
  /** `warning`: it works now, and may stop working. `skipped`: not checked, or not needed. */
  outcome: "ok" | "warning" | "wrong" | "skipped";
  /** What was found; never a key. */
  what: string;
  fix?: string;
}

/** Checks that belong together, as they are made. */
export interface CheckGroup {
  title: string;
  checks: AsyncIterable<Check>;
}
