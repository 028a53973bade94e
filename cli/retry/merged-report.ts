/** The report of a job whose retry has brought more answers: counted anew from the rows, beside the older one. */
import { readFile, writeFile } from "node:fs/promises";
import { unixNow } from "../../shared/clock.ts";
import { itemsIn, NO_COUNTS } from "../../shared/money/sums.ts";
import { BatchReport } from "../../shared/report/batch-report.ts";
import { shownOf } from "../../shared/report/job-report.ts";
import { TEXT_CHARACTERS } from "../../shared/report/prompt-text.ts";
import { renderReport, reportDataOf } from "../../shared/report/render.ts";
import { shortText } from "../../shared/report/short-text.ts";
import { type JobSummary, whole } from "../results/outputs.ts";
import { readResults } from "../results/read-results.ts";

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
    if (!report.add(row, lines)) continue;
    const { line, custom_id, status, error, response } = row;
    const cut = (text: string | null | undefined) => (text == null ? null : shortText(text, TEXT_CHARACTERS));
    const texts = { prompt: prompts.get(line) ?? null, answer: cut(response?.content), error: cut(error) };
    report.rows.push({ line, custom_id: shortText(custom_id, 200), status, ...texts });
  }
  const job = { ...old.job, counts, ended_at: unixNow() };
  const data = { ...old, ...shownOf(report.toJSON(), lines), job, receipt };
  await whole(path, (temporary) => writeFile(temporary, renderReport(data), { mode: 0o600 }));
  return true;
}
