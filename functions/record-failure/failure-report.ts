/** `report.html` of a job that failed before it had results: why, its settings, and what it had collected. */
import { jobReceipt } from "../../shared/money/receipt.ts";
import { addCounts, NO_COUNTS } from "../../shared/money/sums.ts";
import { requireJobFile } from "../../shared/objects/job-file.ts";
import { reportKey } from "../../shared/objects/keys.ts";
import { writeText } from "../../shared/objects/objects.ts";
import { batchEnds, billsOf } from "../../shared/records/batch-record.ts";
import type { JobRecord } from "../../shared/records/job-record.ts";
import { BatchReport } from "../../shared/report/batch-report.ts";
import { note } from "../../shared/telemetry.ts";
import { type JobSource, SETTINGS } from "../../shared/workflow/job-source.ts";

/**
 * Rounds of which a report counts what was collected. Each is an object to read, and the Lambda has two minutes, in which the
 * failure must be recorded, too. A job with more fails seldom.
 */
const MOST_ROUNDS = 1000;

/** Writes the report. A report that cannot be written keeps no failure from being recorded. `endedAt`: Unix seconds. */
export async function writeFailureReport(
  job: JobRecord,
  source: JobSource,
  end: { error: string; endedAt: number },
): Promise<void> {
  try {
    // Nothing was sent before the job was prepared.
    await (job.batch_count === undefined ? writeUnsent(job, source, end) : writeSent(job, end));
  } catch (problem) {
    note({ no_report: problem instanceof Error ? problem.name : "unknown" });
  }
}

/**
 * What the rounds have counted that are safe. The rest of the job's rows is in no count. Nor is the last round, which
 * pools left-over items: their own batches count them.
 */
async function writeSent(job: JobRecord, { error, endedAt }: { error: string; endedAt: number }) {
  const [file, ends] = await Promise.all([requireJobFile(job.job_id), batchEnds(job.job_id)]);
  const collected = [...ends.values()]
    .flatMap(({ collected }) => collected ?? [])
    .filter(({ batch }) => batch <= file.batches.length);
  const counts = collected.reduce((sum, { counts }) => addCounts(sum, counts ?? NO_COUNTS), NO_COUNTS);
  const receipt = jobReceipt(billsOf(ends.values()));
  const info = { ...job, status: "failed" as const, error, counts, receipt };
  const { writeReport } = await import("../../shared/report/job-report.ts");
  let rounds = 0;
  const counted = collected.filter(({ round }) => {
    rounds += round;
    return rounds <= MOST_ROUNDS;
  });
  await writeReport(info, file, counted, endedAt);
}

async function writeUnsent(
  { job_id, created_at, provider, model }: JobRecord,
  source: JobSource,
  { error, endedAt }: { error: string; endedAt: number },
): Promise<void> {
  const settings = given(source);
  const job = {
    ...{ job_id, created_at, ended_at: endedAt, status: "failed", error, counts: NO_COUNTS },
    provider: provider ?? textOf(settings.get("provider")) ?? null,
    model: model ?? textOf(settings.get("model")),
  };
  const spec = { input: source.key, ...Object.fromEntries(settings) };
  const data = { ...new BatchReport().toJSON(), job, receipt: null, spec, rounds: [], more_rounds: 0 };
  // The page is most of the code.
  const { renderReport } = await import("../../shared/report/render.ts");
  await writeText(reportKey(job_id), renderReport({ ...data, fields: [] }), "text/html; charset=utf-8");
}

/**
 * The settings of the execution and the object's metadata; those in the input were not read, or are at fault. What is no
 * setting may be a secret: the page goes from hand to hand.
 */
function given({ object, overrides }: JobSource): Map<string, unknown> {
  const metadata = Object.entries(object?.metadata ?? {}).map(([name, value]): [string, unknown] => [
    name.replaceAll("-", "_"),
    value,
  ]);
  return new Map([...metadata, ...Object.entries(overrides)].filter(([name]) => SETTINGS.includes(name)));
}

const textOf = (value: unknown) => (typeof value === "string" ? value : undefined);
