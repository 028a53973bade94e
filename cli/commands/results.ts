/** `nightshift results`: brings a job's results here. */
import { basename, dirname, join } from "node:path";
import { Option } from "commander";
import { Receipt } from "../../shared/models.ts";
import { itemsIn } from "../../shared/money/sums.ts";
import type { JobRecord } from "../../shared/records/job-record.ts";
import type { TableFormat } from "../../shared/table/table-format.ts";
import { openJob } from "../backend/open-job.ts";
import type { DeclareCommand } from "../command.ts";
import { EXIT, UsageError } from "../exit-codes.ts";
import { checkFile } from "../input/input-file.ts";
import { jsonOption, type PlaceFlags, placeOptions } from "../options.ts";
import { counted } from "../output/numbers.ts";
import { print, printJson, printWarning } from "../output/safe-text.ts";
import { bringResults } from "../results/bring-results.ts";
import { outOf, outputDir } from "../results/output-files.ts";
import { readSummary } from "../results/summary.ts";
import { specOf } from "../results/table-file.ts";
import { refuseBegun } from "../retry/begun-batch.ts";
import { nextGeneration } from "../retry/generation.ts";
import { holdJob } from "../retry/hold-job.ts";
import { newestFiles, newestSummary } from "../retry/merged-files.ts";
import { placeKept } from "../retry/place-kept.ts";
import { retryFolder } from "../retry/retry-folder.ts";

interface ResultsFlags extends PlaceFlags {
  out?: string;
  failed?: boolean;
  spreadsheetSafe?: boolean;
  format?: "jsonl" | TableFormat;
  merge?: string[];
  json?: boolean;
}

const AFTER_HELP = `
A file appears whole or not at all. A download that was cut resumes when the command is run again.

A table (--format, or --out with such an ending) has the input's columns, custom_id, status, error, the answer with a typed
column for each key of the job's schema, tokens and cost. Texts are as they are. For a spreadsheet, --spreadsheet-safe puts
a ' before texts that it would take for a formula (=, +, -, @ at their beginning); custom_id never changes.

--merge puts answers of a rerun into the places of failures: results of the job's failed.jsonl, or of the same input again.
What comes of it is results-2.jsonl, its tables, failed-2.jsonl, report-2.html and summary-2.json. Another merge makes
results-3.jsonl, and so on. After a merge or a retry here, its files are what this command brings.

A job that failed at its end has results, too: the rows that were answered, and why the others were not. Start it again to
resume it.

Exit codes: 0 the results are here, 1 the job has not ended or has no results, 2 there is no such job.

Examples:
  $ nightshift results data-0123456789ab
  $ nightshift results data-01 --out answers.csv
  $ nightshift results data-01 --merge out/rerun/results.jsonl
  $ nightshift results data-01 --stack Nightshift --failed --out again/
  $ nightshift run again/failed.jsonl --provider openai --model gpt-4.1`;

/** Declares `results`'s arguments and options. */
export const declareResults: DeclareCommand = (bare, end) => {
  const command = bare
    .argument("<job>", "the job's id, or its beginning")
    .option("-o, --out <path>", "folder for them (default: out/<job_id>), or a file .csv, .parquet or .jsonl")
    .option("--failed", "only failed.jsonl: the input lines without an answer, ready to be run again")
    .addOption(new Option("--format <format>", "only the results, so").choices(["jsonl", "csv", "parquet"]))
    .option("--spreadsheet-safe", "with --format csv: no text is taken for a formula")
    .option("--merge <files...>", "results of a rerun, whose answers take the places of failures")
    .addHelpText("after", AFTER_HELP);
  placeOptions(command);
  jsonOption(command, "one line of JSON: the paths of the files");
  command.action(async (id: string, flags: ResultsFlags) => end(await results(id, flags)));
};

async function results(id: string, flags: ResultsFlags): Promise<number> {
  const { dir: out, file } = outOf(flags.out);
  const format = file?.format ?? flags.format;
  checkTogether(flags, format);
  await using opened = await openJob(flags, id, "read");
  const { backend, job } = opened;
  const follow = `nightshift watch ${job.job_id}${backend.options} follows it`;
  const { origin } = backend;
  const newer = await newestFiles(job, backend, ...(out === undefined ? [] : [out]));
  const dir = out ?? newer?.dir ?? outputDir(job.job_id);
  const wanted = { ...flags, format, table: file?.path, origin, follow, newer };
  const files = await bringResults(job, dir, wanted);
  if (job.status === "failed")
    printWarning(`job ${job.job_id} failed; its rows so far are here: ${job.error}`);
  if (flags.merge && !files.summary)
    throw new Error("there is nothing to merge into before the job has ended; start it again to resume it");
  const merged = flags.merge && (await mergeFiles(dir, { job, dataDir: flags.dataDir }, flags.merge));
  if (flags.json) printJson({ job_id: job.job_id, ...(merged?.files ?? files) });
  else for (const file of Object.values(merged?.files ?? files)) print(file);
  if (merged && !flags.json)
    print(
      `${counted(merged.placed, "answer")} placed; ${counted(itemsIn(merged.counts) - merged.counts.succeeded, "item")} without one.`,
    );
  return EXIT.ok;
}

/** @throws UsageError when flags do not go together */
function checkTogether({ failed, merge, spreadsheetSafe }: ResultsFlags, format: string | undefined): void {
  if (failed && format !== undefined && format !== "jsonl")
    throw new UsageError(
      "--failed brings lines of the input, which are JSONL; leave out --format, and let --out be a folder",
    );
  if (merge && (failed || format !== undefined))
    throw new UsageError(
      "--merge writes all files of the job; leave out --failed and --format, and let --out be a folder",
    );
  if (spreadsheetSafe && format !== "csv")
    throw new UsageError("--spreadsheet-safe is about CSV; add --format csv");
}

/** Merges reruns' results into the job's. @returns the paths of the new files */
async function mergeFiles(
  dir: string,
  { job, dataDir }: { job: JobRecord; dataDir: string },
  reruns: string[],
) {
  for (const file of reruns) await checkFile(file);
  const release = holdJob(dataDir, job.job_id);
  try {
    const spec = await specOf(job);
    const folder = retryFolder(dataDir, job.job_id);
    const folders = { dir, folder };
    await placeKept(folders, job, spec);
    const { merged = [] } = await newestSummary(dir, job);
    await refuseBegun(folder, merged);
    const costs = new Map<string, Receipt>();
    for (const file of reruns) {
      const beside = await summaryBeside(file);
      if (!beside) printWarning(`the receipt does not have what ${file} cost: no summary.json is beside it`);
      else if (merged.includes(beside.job_id) || costs.has(beside.job_id))
        printWarning(`what the job of ${file} cost is in the receipt already, and is not added again`);
      else costs.set(beside.job_id, beside.receipt);
    }
    const rerun = { results: reruns, receipts: [...costs.values()], jobs: [...costs.keys()] };
    const next = await nextGeneration(folders, job, spec, rerun);
    if (next.placed === 0)
      printWarning(`no answer in ${reruns.join(", ")} has the custom_id of an item that failed`);
    return next;
  } finally {
    release();
  }
}

/** The summary beside results, which has their cost: `summary-2.json` beside `results-2.jsonl`. Null when there is none. */
async function summaryBeside(results: string): Promise<{ job_id: string; receipt: Receipt } | null> {
  const number = /-\d+(?=\.jsonl$)/.exec(basename(results))?.[0] ?? "";
  try {
    const { job_id, receipt } = await readSummary(join(dirname(results), `summary${number}.json`));
    return { job_id, receipt: Receipt.parse(receipt) };
  } catch {
    return null;
  }
}
