/** `report.html`: the whole job on one page, for people. */
import type { BatchJobInfo } from "../../shared/models.ts";
import type { JobFile } from "../../shared/objects/job-file.ts";
import { reportKey, roundReportKey } from "../../shared/objects/keys.ts";
import { readText, writeText } from "../../shared/objects/objects.ts";
import { batchRecords } from "../../shared/records/batch-record.ts";
import { BatchReport, type BatchReportData } from "../../shared/report/batch-report.ts";
import { renderReport } from "../../shared/report/render.ts";
import type { RoundTimes } from "../../shared/report/report-data.ts";
import { rankOf, SAMPLE_ROWS } from "../../shared/report/sample.ts";
import type { Progress } from "./progress.ts";
import type { Tally } from "./tally.ts";

/** Rounds that the timeline draws. */
const MOST_ROUNDS = 200;
/** Rows of errors that are shown beside the sampled ones. */
const ERROR_ROWS = 100;

/** Writes the report of a job that is at its end. `info`: the job as its summary has it. `endedAt`: Unix seconds. */
export async function writeReport(
  info: BatchJobInfo,
  file: JobFile,
  tally: Tally,
  lost: Progress["lost"],
  endedAt: number,
): Promise<void> {
  const { job_id, provider, model, status, created_at, error = null } = info;
  const { counts = tally.counts, receipt = null } = info;
  const report = await countedIn(job_id, tally, lost);
  const { rounds, more_rounds } = await roundsOf(job_id);
  const data = {
    ...report,
    rows: shownRows(report, file.lines),
    job: { job_id, provider, model, status, created_at, ended_at: endedAt, error, counts },
    receipt,
    spec: file.spec,
    rounds,
    more_rounds,
  };
  await writeText(reportKey(job_id), renderReport(data), "text/html; charset=utf-8");
}

/** What the rounds of all batches have counted. */
async function countedIn(job_id: string, tally: Tally, lost: Progress["lost"]): Promise<BatchReportData> {
  const report = new BatchReport();
  for (const [index, end] of tally.batches.entries()) {
    const batch = index + 1;
    if ("lost" in end) {
      const rows = lost[batch]?.counts.failed ?? 0;
      report.merge(lostReport(end.lost, rows));
      continue;
    }
    for (let round = 1; round <= end.round; round++) {
      const text = await readText(roundReportKey(job_id, batch, round));
      // An execution of an older version may have collected the round.
      if (text !== null) report.merge(JSON.parse(text));
    }
  }
  return report.toJSON();
}

/** The report of a batch that was never collected. */
function lostReport(error: string, count: number): BatchReportData {
  const errors = [{ kind: error, status: "failed" as const, count, lines: [] }];
  return { prompt_tokens: [], completion_tokens: [], finish_reasons: [], errors, fields: [], rows: [] };
}

/** The rows of the first errors of each kind, and a sample of all. */
function shownRows({ rows, errors }: BatchReportData, lines: number): BatchReportData["rows"] {
  const wanted = new Set(errors.flatMap((group) => group.lines).slice(0, ERROR_ROWS));
  const sample = lines <= SAMPLE_ROWS ? rows : [...rows].sort((a, b) => rankOf(a.line) - rankOf(b.line));
  for (const { line } of sample.slice(0, SAMPLE_ROWS)) wanted.add(line);
  return rows.filter(({ line }) => wanted.has(line)).sort((a, b) => a.line - b.line);
}

async function roundsOf(job_id: string): Promise<{ rounds: RoundTimes[]; more_rounds: number }> {
  const rounds: RoundTimes[] = [];
  let more_rounds = 0;
  for await (const record of batchRecords(job_id)) {
    if (rounds.length === MOST_ROUNDS) {
      more_rounds++;
      continue;
    }
    const { batch, round, status, request_count, created_at, submitted_at, provider_ended_at, collected_at } =
      record;
    const error = record.error ?? undefined;
    rounds.push({
      batch,
      round,
      status,
      request_count,
      created_at,
      submitted_at,
      provider_ended_at,
      collected_at,
      error,
    });
  }
  rounds.sort((a, b) => a.batch - b.batch || a.round - b.round);
  return { rounds, more_rounds };
}
