/** The next files of a job that was retried: `results-2.jsonl` after `results.jsonl`, and so on; the old ones stay. */
import { rm } from "node:fs/promises";
import { type BatchJobInfo, type JobSpec, type Receipt, Usage } from "../../shared/models.ts";
import { sumOfReceipts } from "../../shared/money/receipt.ts";
import { itemsIn, NO_COUNTS } from "../../shared/money/sums.ts";
import { type JobSummary, readSummary, writeSummary } from "../results/summary.ts";
import { writeTable } from "../results/table-file.ts";
import { whole } from "../results/whole.ts";
import { mergeRetry } from "./merge.ts";
import { generationFiles, newestGeneration } from "./merged-files.ts";
import { writeMergedReport } from "./merged-report.ts";
import { noteNewest } from "./retry-folder.ts";

/** Where a job's newest files are, and what this machine knows of its retries: see `retryFolder`. */
export interface JobFolders {
  dir: string;
  folder: string;
}

/** What a job's newest files are merged with. */
export interface Rerun {
  /** See `mergeRetry`. */
  results: readonly string[];
  ofFailed?: boolean;
  receipts: readonly Receipt[];
  /** Jobs of their own, or attempts, that these receipts are of. */
  jobs?: readonly string[];
}

/**
 * Puts answers into the places of failures, in a new generation of files: results, the tables that the job has, what still has no
 * answer, and a summary of all.
 * @returns with the number of answers that were placed
 */
export async function nextGeneration(
  { dir, folder }: JobFolders,
  job: BatchJobInfo,
  spec: JobSpec,
  rerun: Rerun,
) {
  const generation = (await newestGeneration(dir, job)) + 1;
  const files = generationFiles(dir, generation);
  let { results, failed, summary, report: oldReport } = generationFiles(dir, generation - 1);
  const before = await readSummary(summary);
  let counts = before.counts ?? NO_COUNTS;
  let placed = 0;
  const { ofFailed = false } = rerun;
  for (const [at, retried] of rerun.results.entries()) {
    const isLast = at === rerun.results.length - 1;
    const out = isLast ? files : { results: `${files.results}.${at}`, failed: `${files.failed}.${at}` };
    const unanswered = itemsIn(counts) - counts.succeeded;
    const merged = await mergeRetry({ results, failed, retried, ofFailed, unanswered, out });
    if (at > 0) await Promise.all([rm(results), rm(failed)]);
    ({ results, failed } = out);
    counts = merged.counts;
    placed += merged.placed;
  }
  for (const format of spec.outputs ?? []) {
    if (format === "jsonl") continue;
    const path = files.results.replace(/jsonl$/, format);
    await whole(path, (temporary) => writeTable(files.results, spec, format, temporary));
    files[format] = path;
  }
  const receipt = sumOfReceipts([before.receipt ?? [], ...rerun.receipts].flat());
  const usage = Usage.parse(receipt);
  const jobs = [...(before.merged ?? []), ...(rerun.jobs ?? [])];
  const merged: JobSummary = {
    ...{ ...before, counts, usage, receipt, request_count: itemsIn(counts) },
    ...(jobs.length > 0 && { merged: jobs }),
  };
  if (!(await writeMergedReport(oldReport, { ...files, summary: merged }))) delete files.report;
  // Last: a generation is there once it has one.
  await writeSummary(files.summary, merged);
  noteNewest(folder, dir);
  return { files, summary: merged, counts, receipt, placed };
}
