/** `report.html`: the whole job on one page, for people. */
import type { BatchJobInfo } from "../models.ts";
import { NO_COUNTS } from "../money/sums.ts";
import { readIndex } from "../objects/index-line.ts";
import type { JobFile } from "../objects/job-file.ts";
import { reportKey, roundReportKey } from "../objects/keys.ts";
import { readText, writeText } from "../objects/objects.ts";
import { formatOf } from "../providers/formats.ts";
import { type BatchRecord, batchRecords } from "../records/batch-record.ts";
import { BatchReport, type BatchReportData, type StoredReport } from "./batch-report.ts";
import type { RoundTimes } from "./report-data.ts";
import { rankOf, SAMPLE_ROWS } from "./sample.ts";
import { sampleRow } from "./sample-row.ts";
import { shortText } from "./short-text.ts";

const MOST_ROUNDS = 200;
const ROUND_ERROR_CHARACTERS = 200;
/** Values of a field that are shown one by one; of numbers all are, as a curve. */
const SHOWN_VALUES = 24;
/** Rows of errors that are shown beside the sampled ones. */
const ERROR_ROWS = 100;

/** How far a batch came: the last round that was collected, or why its rows have no answers. */
type ReportedBatch = { batch: number } & (
  | {
      round: number;
      /** Set when what the round left over was sent in the job's last round. */
      pooled?: boolean | undefined;
    }
  | { lost: string }
);

/** Writes the report of a job that is at its end. `info`: the job as its summary has it. `endedAt`: Unix seconds. */
export async function writeReport(
  info: BatchJobInfo,
  file: JobFile,
  batches: readonly ReportedBatch[],
  endedAt: number,
): Promise<void> {
  const { job_id, provider, model, status, created_at, error = null } = info;
  const { counts = NO_COUNTS, receipt = null } = info;
  const report = await countedIn(job_id, batches, file.lines);
  const { rounds, more_rounds } = await roundsOf(job_id);
  const data = {
    ...shownOf(report, file.lines),
    job: { job_id, provider, model, status, created_at, ended_at: endedAt, error, counts },
    receipt,
    spec: file.spec,
    rounds,
    more_rounds,
  };
  // The page is a third of the code.
  const { renderReport } = await import("./render.ts");
  await writeText(reportKey(job_id), renderReport(data), "text/html; charset=utf-8");
}

/** What the page shows of what was counted: of the rows and the fields' values, some. `lines`: of the job. */
export function shownOf(report: BatchReportData, lines: number) {
  return {
    ...report,
    rows: shownRows(report, lines),
    fields: report.fields.map((field) => ({
      ...field,
      different: field.values.length,
      values: field.numbers ? field.values : field.values.slice(0, SHOWN_VALUES),
    })),
  };
}

/** What the rounds of all batches have counted. */
async function countedIn(
  job_id: string,
  batches: readonly ReportedBatch[],
  lines: number,
): Promise<BatchReportData> {
  const report = new BatchReport();
  for (const end of batches) {
    if ("lost" in end) await addLost(report, { job_id, batch: end.batch, lines }, end.lost);
    else await addRounds(report, job_id, end);
  }
  return report.toJSON();
}

/** Adds what the rounds of a batch have counted. `pooled`: what was left of the last one is in the job's last round. */
async function addRounds(
  report: BatchReport,
  job_id: string,
  { batch, round: last, pooled = false }: { batch: number; round: number; pooled?: boolean | undefined },
): Promise<void> {
  for (let round = 1; round <= last; round++) {
    const text = await readText(roundReportKey(job_id, batch, round));
    // An execution of an older version may have collected the round.
    if (text === null) continue;
    const { ended, again } = JSON.parse(text) as StoredReport;
    report.merge(ended);
    if (round === last && !pooled) report.merge(again);
  }
}

/** Adds the lines of a batch that was never collected. `lines`: of the job. */
async function addLost(
  report: BatchReport,
  { job_id, batch, lines }: { job_id: string; batch: number; lines: number },
  lost: string,
): Promise<void> {
  for await (const entries of readIndex(job_id, batch)) {
    for (const [line, custom_id, invalid] of entries) {
      const status = invalid === undefined ? "failed" : "invalid";
      const error = invalid ?? lost;
      if (!report.add({ line, status, error, response: null }, lines)) continue;
      report.rows.push(sampleRow({ line, custom_id, status, error, response: null }));
    }
  }
}

/** The rows of the first errors of each kind, and a sample of all. */
function shownRows({ rows, errors }: BatchReportData, lines: number): BatchReportData["rows"] {
  const wanted = new Set(errors.flatMap((group) => group.lines).slice(0, ERROR_ROWS));
  const sample = lines <= SAMPLE_ROWS ? rows : [...rows].sort((a, b) => rankOf(a.line) - rankOf(b.line));
  for (const { line } of sample.slice(0, SAMPLE_ROWS)) wanted.add(line);
  return rows.filter(({ line }) => wanted.has(line)).sort((a, b) => a.line - b.line);
}

/** Why a provider failed a round that was sent again in other parts: such a round keeps no error of its own. */
function refusalOf({ status, provider, raw }: BatchRecord): string | undefined {
  return status === "failed" && raw ? formatOf(provider).failureOf(raw).message : undefined;
}

async function roundsOf(job_id: string): Promise<{ rounds: RoundTimes[]; more_rounds: number }> {
  const rounds: RoundTimes[] = [];
  let more_rounds = 0;
  for await (const record of batchRecords(job_id)) {
    if (rounds.length === MOST_ROUNDS) {
      more_rounds++;
      continue;
    }
    const { batch, round, status, request_count, times } = record;
    const error = record.error ?? refusalOf(record);
    const { created_at, submitted_at, provider_ended_at, collected_at } = record;
    rounds.push({
      ...{ batch, round, status, request_count, times },
      ...{ created_at, submitted_at, provider_ended_at, collected_at },
      ...(error && { error: shortText(error, ROUND_ERROR_CHARACTERS) }),
    });
  }
  rounds.sort((a, b) => a.batch - b.batch || a.round - b.round);
  return { rounds, more_rounds };
}
