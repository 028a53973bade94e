/** `nightshift try`: a few rows in real time, before the whole file goes out. */
import { join, resolve } from "node:path";
import * as z from "zod";
import { lineNumbers, setting } from "../arguments.ts";
import { checkModel } from "../check-model.ts";
import type { DeclareCommand } from "../command.ts";
import { EXIT, UsageError } from "../exit-codes.ts";
import { newJob } from "../input/new-job.ts";
import { RowPicker } from "../input/pick-rows.ts";
import { quoteFile } from "../input/quote-file.ts";
import type { JobFlags } from "../job-settings.ts";
import {
  INPUT_HELP,
  jobOptions,
  jsonOption,
  type LocalFlags,
  localOptions,
  OF_RESULTS,
  passedOver,
} from "../options.ts";
import { printJson } from "../output/safe-text.ts";
import { Terminal } from "../output/terminal.ts";
import { printProjection, printRow, tryJson } from "../output/try-report.ts";
import { KeptAnswers } from "../try/kept-answers.ts";
import { openNow } from "../try/open-now.ts";
import { projected } from "../try/projection.ts";
import { takeTurn } from "../try/take-turn.ts";
import { noteTried } from "../try/tried.ts";
import { tryRows } from "../try/try-rows.ts";

interface TryFlags extends JobFlags, LocalFlags {
  number: number;
  rows?: number[];
  random?: boolean;
  json?: boolean;
}

const AFTER_HELP = `
The rows are sent one by one, in real time and at real-time prices, as the very requests that the job's batches would hold.
Prompt, answer, tokens and cost are shown side by side, and what the whole job would cost by these answers. An answer is
kept in the data folder: a row that has not changed is not paid for twice.

Exit codes: 0 every row was answered, 1 nothing could be asked, 2 the command line is wrong or a key is missing, 3 some
rows have no answer.

Examples:
  $ nightshift try data.jsonl --provider openai --model gpt-4.1-mini
  $ nightshift try data.jsonl --provider openai --model gpt-4.1-mini -n 10 --random
  $ nightshift try data.jsonl --provider anthropic --model claude-haiku-4-5 --rows 3,17
  $ nightshift try data.jsonl --provider openai --model gpt-4.1-mini --sandbox`;

const MOST_ROWS = 100;

export const declareTry: DeclareCommand = (bare, end) => {
  const command = bare
    .argument("<files...>", INPUT_HELP)
    .option("-n, --number <count>", "how many rows", setting(z.int().min(1).max(MOST_ROWS), Number), 5)
    .option("--rows <lines>", "these rows: lines of JSONL, or rows of a table, such as 3,17", lineNumbers)
    .option("--random", "any rows of the file, not the first")
    .addHelpText("after", AFTER_HELP);
  jobOptions(command);
  command.optionsGroup("Where:");
  localOptions(command);
  jsonOption(command, "JSON lines, one a row and then the sum,");
  passedOver(command, ...OF_RESULTS);
  command.action(async (files: string[], flags: TryFlags) => end(await tryFiles(files, flags)));
};

async function tryFiles(files: string[], flags: TryFlags): Promise<number> {
  if ((flags.rows?.length ?? 0) > MOST_ROWS)
    throw new UsageError(`--rows: at most ${MOST_ROWS} rows at a time`);
  await using job = await newJob(files, flags, flags.sandbox ? null : "real_time");
  const { file } = job;
  await checkModel(job.provider, job.model, flags);
  const picker = new RowPicker({ count: flags.number, ...flags });
  const quoted = await quoteFile(file, job.settings, picker.open);
  const rows = picker.picked.sort((a, b) => a.line - b.line);
  requireRows(rows, flags.rows, job.label, quoted);

  await using now = await openNow(quoted.spec.provider, flags);
  const terminal = new Terminal();
  const kept = join(resolve(flags.dataDir), "try");
  const endTurn = await takeTurn(kept);
  const tried = await tryRows(rows, quoted.spec, {
    ...now,
    cache: new KeptAnswers(kept),
    onRow: (row) => (flags.json ? printJson(tryJson(row)) : printRow(row, terminal)),
  }).finally(endTurn);
  if (flags.json) printJson({ type: "job", ...projected(tried, quoted), refusal: quoted.refusal });
  else printProjection(tried, quoted, terminal);
  noteTried(flags.dataDir, job.settings);
  return tried.every(({ asked }) => asked.error === null) ? EXIT.ok : EXIT.failedItems;
}

/** @throws UsageError when a row that was asked for is not there, or is not valid; Error when the file has none */
function requireRows(
  picked: readonly { line: number }[],
  wanted: readonly number[] | undefined,
  file: string,
  { problems, refusal }: { problems: string[]; refusal: string | null },
): void {
  const missing = wanted?.filter((line) => !picked.some((row) => row.line === line)) ?? [];
  if (missing.length > 0) {
    const why = problems.filter((problem) =>
      missing.some((line) => problem.startsWith(`line ${line}:`) || problem.startsWith(`row ${line}:`)),
    );
    throw new UsageError(
      `${file} has no valid row ${missing.join(", ")}${why.length > 0 ? `: ${why.join("; ")}` : ""}`,
    );
  }
  if (picked.length === 0) throw new Error(refusal ?? `${file} has no row that could be sent`);
}
