/** `nightshift results`: brings a job's results here. */

import { type Command, Option } from "commander";
import { openJob } from "../backend/open-job.ts";
import { EXIT, UsageError } from "../exit-codes.ts";
import { jsonOption, type PlaceFlags, placeOptions } from "../options.ts";
import { printJson } from "../output/json-lines.ts";
import { print } from "../output/safe-text.ts";
import { bringResults } from "../results/bring-results.ts";
import { makeOutputDir, outputDir } from "../results/output-files.ts";

interface ResultsFlags extends PlaceFlags {
  out?: string;
  failed?: boolean;
  spreadsheetSafe?: boolean;
  format: "jsonl" | "csv";
  json?: boolean;
}

const AFTER_HELP = `
A file appears whole or not at all. A download that was cut goes on where it was when the command is run again.

CSV has the columns line, custom_id, status, content, error, finish_reason, prompt_tokens, completion_tokens and
total_tokens; the content of an embedding is its vector. Texts are as they are. For a spreadsheet, --spreadsheet-safe puts
a ' before answers and errors that it would take for a formula (=, +, -, @ at their beginning); custom_id never changes.

Exit codes: 0 the results are here, 1 the job has not ended or has no results, 2 there is no such job.

Examples:
  $ nightshift results data-0123456789ab
  $ nightshift results data-01 --out out/ --format csv
  $ nightshift results data-01 --stack Nightshift --failed --out again/
  $ nightshift run again/failed.jsonl --provider openai --model gpt-4.1`;

/** Declares `results`'s arguments and options. */
export function declareResults(bare: Command, end: (code: number) => void): void {
  const command = bare
    .argument("<job>", "the job's id, or its beginning")
    .option("-o, --out <dir>", "folder for them (default: out/<job_id>)")
    .option("--failed", "only failed.jsonl: the input lines without an answer, ready to be run again")
    .addOption(new Option("--format <format>", "of the results").choices(["jsonl", "csv"]).default("jsonl"))
    .option("--spreadsheet-safe", "with --format csv: no answer or error is taken for a formula")
    .addHelpText("after", AFTER_HELP);
  placeOptions(command);
  jsonOption(command, "one line of JSON: the paths of the files");
  command.action(async (id: string, flags: ResultsFlags) => end(await results(id, flags)));
}

async function results(id: string, flags: ResultsFlags): Promise<number> {
  if (flags.failed && flags.format === "csv")
    throw new UsageError("--failed brings lines of the input, which are JSONL; leave out --format csv");
  if (flags.spreadsheetSafe && flags.format !== "csv")
    throw new UsageError("--spreadsheet-safe is about CSV; add --format csv");
  const { backend, job } = await openJob(flags, id, "read");
  try {
    const dir = flags.out ?? outputDir(job.job_id);
    const follow = `nightshift watch ${job.job_id}${backend.options} follows it`;
    await makeOutputDir(dir, backend.origin);
    const files = await bringResults(job, dir, { ...flags, origin: backend.origin, follow });
    if (flags.json) printJson({ job_id: job.job_id, ...files });
    else for (const file of Object.values(files)) print(file);
    return EXIT.ok;
  } finally {
    await backend.close();
  }
}
