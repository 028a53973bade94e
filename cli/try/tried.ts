/** Which prompts were tried, or were said to be worth a try: people see that hint once. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { writePrivate } from "../../local/private-file.ts";

/** Settings that decide what is asked; with others, the answers are of the same kind. */
const ASKS = ["provider", "model", "system", "prompt", "messages", "schema", "endpoint", "defaults"];

/** Notes that a prompt is known. @returns false when it was known before */
export function noteTried(dataDir: string, settings: Record<string, unknown>): boolean {
  const what = JSON.stringify(ASKS.map((name) => settings[name]));
  const file = join(resolve(dataDir), "tried", createHash("sha256").update(what).digest("hex"));
  if (existsSync(file)) return false;
  writePrivate(file, {});
  return true;
}

/** What is said before the first job of a prompt that was never tried; undefined when it is known. */
export function tryHint(dataDir: string, settings: Record<string, unknown>): string | undefined {
  if (!noteTried(dataDir, settings)) return undefined;
  return "Not tried yet: nightshift try, with this input, asks five rows in real time first.";
}
