/** The end of a run for people. */
import type { BatchJobInfo, Usage } from "../../shared/models.ts";
import type { OutputFiles } from "../results/output-files.ts";
import type { JobSummary } from "../results/summary.ts";
import { costText } from "./cost.ts";
import { counted, duration, number, oneLine } from "./numbers.ts";
import type { FinishedRun } from "./output.ts";
import { plainTable } from "./plain-table.ts";
import { foldProblems } from "./problems.ts";
import { digestResults } from "./result-digest.ts";
import { print, printError } from "./safe-text.ts";
import type { Terminal } from "./terminal.ts";

const ANSWER_WIDTH = 90;
const ERROR_WIDTH = 160;
const ID_WIDTH = 24;

/** Prints where the outputs are, counts, tokens and time, the most frequent errors, and three of the answers. */
export async function printReport(
  { summary, files, report, alreadyAnswered }: FinishedRun,
  terminal: Terminal,
): Promise<void> {
  const { colors } = terminal;
  const digest = files ? await digestResults(files.results) : null;
  printCounts(summary, terminal);
  if (digest && digest.errors.length > 0) {
    terminal.line();
    terminal.line("Most frequent errors:");
    for (const { error, count } of digest.errors) {
      terminal.line(`  ${colors.red(`${number(count)} ×`)} ${oneLine(error, ERROR_WIDTH)}`);
    }
  }
  if (digest && digest.samples.length > 0) {
    terminal.line();
    const which = digest.samples.length < 3 ? "The answers" : "Three of the answers";
    terminal.line(summary.sandbox ? `${which} (sandbox):` : `${which}:`);
    for (const { custom_id, content } of digest.samples) {
      terminal.line(
        `  ${colors.cyan(oneLine(custom_id, ID_WIDTH))}  ${oneLine(content, ANSWER_WIDTH) || colors.dim("(no text)")}`,
      );
    }
  }
  if (files) {
    terminal.line();
    terminal.line(`Results  ${colors.bold(files.results)}`);
    for (const table of [files.csv, files.parquet])
      if (table) terminal.line(`Table    ${colors.bold(table)}`);
    if (summary.counts && summary.counts.succeeded < summary.request_count) {
      terminal.line(`Failed   ${files.failed} (the input lines without an answer, ready to be run again)`);
    }
    terminal.line(`Summary  ${files.summary}`);
    if (files.report) terminal.line(`Report   ${files.report}`);
  }
  if (report) terminal.line(`Report   ${report}`);
  if (summary.origin && !summary.sandbox) terminal.line(`Answered by ${summary.origin}.`);
  if (summary.sandbox)
    terminal.line(
      colors.yellow(
        "Sandbox: no provider was asked and nothing was paid; the cost is what it would have been.",
      ),
    );
  if (alreadyAnswered) terminal.line(earlierRun(summary));
  if (summary.status === "failed") printError(foldProblems(summary.error ?? "the job failed"));
}

/** What an earlier run came to. Only a job whose every item that can be answered is, is called answered. */
function earlierRun({ job_id, counts, request_count }: BatchJobInfo): string {
  const { succeeded = 0, invalid = 0 } = counts ?? {};
  const open = request_count - succeeded - invalid;
  if (open === 0) return "Already answered by an earlier run; nothing was sent.";
  return `An earlier run ended with ${number(open)} of ${counted(request_count, "item")} unanswered; nothing was sent. nightshift retry ${job_id} asks them again.`;
}

export function printJob(job: BatchJobInfo, terminal: Terminal): void {
  terminal.line(`Job ${job.job_id}: ${terminal.colors.bold(job.status)}`);
  printCounts(job, terminal);
  if (job.status === "failed") printError(foldProblems(job.error ?? "the job failed"));
}

function printCounts(job: BatchJobInfo | JobSummary, terminal: Terminal): void {
  if (!job.counts) return;
  terminal.line();
  terminal.line(table(job));
  if (job.receipt) terminal.line(costText(job.receipt, "origin" in job ? job.origin : undefined));
}

function table(summary: BatchJobInfo): string {
  const rows: string[][] = [];
  const counts = Object.entries(summary.counts ?? {}).filter(
    ([name, count]) => count > 0 || name === "succeeded",
  );
  rows.push(["items", number(summary.request_count)]);
  for (const [name, count] of counts) rows.push([`  ${name}`, number(count)]);
  if (summary.usage) {
    rows.push(["tokens", number(summary.usage.total_tokens)]);
    for (const [name, tokens] of tokenRows(summary.usage)) rows.push([`  ${name}`, number(tokens)]);
  }
  const ended = Math.max(...Object.values(summary.times ?? {}));
  if (ended > summary.created_at) rows.push(["time", duration(ended - summary.created_at)]);
  return plainTable(rows);
}

function tokenRows(usage: Usage): [string, number][] {
  const rows: [string, number | undefined][] = [
    ["prompt", usage.prompt_tokens],
    ["  from the cache", usage.cached_tokens || undefined],
    ["  to the cache", usage.cache_write_tokens || undefined],
    ["completion", usage.completion_tokens],
    ["  reasoning", usage.reasoning_tokens || undefined],
  ];
  return rows.filter((row): row is [string, number] => row[1] !== undefined);
}

/** Prints where the newest files of a retried job are. */
export function printFiles({
  results,
  csv,
  parquet,
  report,
}: Pick<OutputFiles, "results" | "csv" | "parquet"> & Partial<Pick<OutputFiles, "report">>): void {
  print(`Results  ${results}`);
  for (const table of [csv, parquet]) if (table) print(`Table    ${table}`);
  if (report) print(`Report   ${report}`);
}
