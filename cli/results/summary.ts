/** A job's `summary.json` as the command writes it. */
import { readFile, writeFile } from "node:fs/promises";
import type { BatchJobInfo } from "../../shared/models.ts";
import { whole } from "./whole.ts";

/** What the stack writes, and what this machine adds. */
export type JobSummary = BatchJobInfo & {
  /** Set when the built-in sandbox answered: no model was asked, and nothing was paid. */
  sandbox?: true;
  /** Who answered, where it was not the provider at its own address. */
  origin?: string;
  /** Jobs whose receipts were merged into this one, and attempts of retries in real time. */
  merged?: string[];
};

export function withOrigin(summary: BatchJobInfo, origin: string | undefined): JobSummary {
  if (origin === undefined) return summary;
  return { ...summary, ...(origin === "sandbox" && { sandbox: true }), origin };
}

/** Reads a `summary.json` of the command. @throws Error of `node:fs`, or SyntaxError */
export async function readSummary(path: string): Promise<JobSummary> {
  return JSON.parse(await readFile(path, "utf8"));
}

export async function writeSummary(path: string, summary: JobSummary): Promise<void> {
  const text = `${JSON.stringify(summary, null, 2)}\n`;
  await whole(path, (temporary) => writeFile(temporary, text, { mode: 0o600 }));
}
