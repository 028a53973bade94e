/** The report of a job whose retry has brought more answers: counted anew from the rows, beside the older one. */
import { readFile, writeFile } from "node:fs/promises";
import { unixNow } from "../../shared/clock.ts";
import { itemsIn, NO_COUNTS } from "../../shared/money/sums.ts";
import { BatchReport } from "../../shared/report/batch-report.ts";
import { shownOf } from "../../shared/report/job-report.ts";
import { renderReport, reportDataOf } from "../../shared/report/render.ts";
import { sampleRow } from "../../shared/report/sample-row.ts";
import { readResults } from "../results/read-results.ts";
import type { JobSummary } from "../results/summary.ts";
import { whole } from "../results/whole.ts";

/** Of what a report is made, and its path. */
interface Generation {
  results: string;
  summary: JobSummary;
  report?: string;
}

/**
 * Writes the report. Prompts, settings and rounds are those of the report `before`; a retry by batch has one of its own, too.
 * @returns false when there is none before that can be read
 */
export async function writeMergedReport(
  before: string | undefined,
  { results, summary, report: path }: Generation,
): Promise<boolean> {
  const old = before ? reportDataOf(await readFile(before, "utf8").catch(() => "")) : null;
  if (!old || !path) return false;
  const { counts = NO_COUNTS, receipt = null } = summary;
  const lines = itemsIn(counts);
  const prompts = new Map(old.rows.map(({ line, prompt }) => [line, prompt]));
  const report = new BatchReport();
  for await (const row of readResults(results)) {
    if (report.add(row, lines)) report.rows.push(sampleRow(row, prompts.get(row.line)));
  }
  const job = { ...old.job, counts, ended_at: unixNow() };
  const data = { ...old, ...shownOf(report.toJSON(), lines), job, receipt };
  await whole(path, (temporary) => writeFile(temporary, renderReport(data), { mode: 0o600 }));
  return true;
}
