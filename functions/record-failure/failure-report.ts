/** `report.html` of a job that failed before anything was sent: why, and the settings that it was given. */
import { NO_COUNTS } from "../../shared/money/sums.ts";
import { reportKey } from "../../shared/objects/keys.ts";
import { writeText } from "../../shared/objects/objects.ts";
import type { JobRecord } from "../../shared/records/job-record.ts";
import { BatchReport } from "../../shared/report/batch-report.ts";
import { note } from "../../shared/telemetry.ts";
import { type JobSource, SETTINGS } from "../../shared/workflow/job-source.ts";

/** Writes the report. A report that cannot be written keeps no failure from being recorded. `endedAt`: Unix seconds. */
export async function writeFailureReport(
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
  try {
    // The page is most of the code.
    const { renderReport } = await import("../../shared/report/render.ts");
    await writeText(reportKey(job_id), renderReport({ ...data, fields: [] }), "text/html; charset=utf-8");
  } catch (problem) {
    note({ no_report: problem instanceof Error ? problem.name : "unknown" });
  }
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
