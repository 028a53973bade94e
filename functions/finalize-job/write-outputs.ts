/** Writes what the user gets of a job, as far as it comes in one run. */
import type { JobFile } from "../../shared/objects/job-file.ts";
import {
  failedKey,
  failedPartKey,
  lostLinesKey,
  lostRowsKey,
  resultsKey,
  rowsKey,
  unansweredKey,
} from "../../shared/objects/keys.ts";
import { type JoinPart, joinObjects } from "../../shared/objects/object-join.ts";
import { PooledRows } from "../../shared/objects/pooled-rows.ts";
import type { Progress } from "./progress.ts";
import type { ClosedJob } from "./tally.ts";
import { writeLostRows, writePooledRows } from "./tally-rows.ts";

export interface OutputDeps {
  /** Whether to stop at the next safe point; the next run resumes. */
  isLate: () => boolean;
  /** Called right before an output takes the place of what is there. @throws what keeps it from that */
  beforeEnd: () => Promise<unknown>;
}

/**
 * Writes `results.jsonl`: one result for every line, in input order. Writes `failed.jsonl`, the lines without an
 * answer, and the tables that the job asks for. Running it again, or at the same time, writes the same bytes.
 * @returns false when there is more to do: `progress` says how far it came
 */
export async function writeOutputs(
  closed: ClosedJob,
  file: JobFile,
  progress: Progress,
  { isLate, beforeEnd }: OutputDeps,
): Promise<boolean> {
  const { job, name, tally } = closed;
  const { job_id } = job;
  let wroteRows = false;
  const pooled = tally.pool && new PooledRows(job_id, tally.pool);
  try {
    for (const [index, end] of tally.batches.entries()) {
      const batch = index + 1;
      if (progress.lost[batch] || !("lost" in end || end.pooled)) continue;
      progress.lost[batch] =
        "lost" in end || !pooled
          ? await writeLostRows(job_id, name, batch, "lost" in end ? end.lost : "")
          : await writePooledRows({ job_id, batch, round: end.round }, name, pooled);
      if (isLate()) return false;
      wroteRows = true;
    }
  } finally {
    await pooled?.close();
  }
  // Joining cannot stop in the middle, and that of a very large job takes a whole run.
  if (wroteRows) return false;
  if (!progress.joined) {
    await joinObjects(rowsOf(closed, progress), resultsKey(job_id), { beforeEnd });
    progress.joined = true;
    if (isLate()) return false;
  }
  const partKey = (start: number) => failedPartKey(job_id, name, start);
  const unanswered = unansweredOf(closed);
  const copies = unanswered.length > 0 && !progress.failed.complete;
  if (copies) {
    const { copyUnanswered } = await import("./copy-unanswered.ts");
    await copyUnanswered({ file, unanswered, partKey, isLate }, progress.failed);
    if (!progress.failed.complete) return false;
  }
  const rows = rowsOf(closed, progress);
  if (file.spec.outputs?.some((format) => format !== "jsonl")) {
    if (copies && isLate()) return false;
    // Only a job with tables carries their libraries.
    const { writeTables } = await import("./write-tables.ts");
    if (!(await writeTables({ job_id, name, file, rows, isLate, beforeEnd }, progress.tables))) return false;
  }
  const { provider, model } = file.spec;
  const metadata = asciiOnly({ provider, model });
  await joinObjects(progress.failed.parts, failedKey(job_id), { beforeEnd, metadata });
  return true;
}

function rowsOf({ job: { job_id }, name, tally }: ClosedJob, { lost }: Progress): JoinPart[] {
  return tally.batches.map((batch, index) => {
    const number = index + 1;
    return "lost" in batch || batch.pooled
      ? { key: lostRowsKey(job_id, name, number), bytes: lost[number]?.bytes ?? 0 }
      : { key: rowsKey(job_id, number, batch.round), bytes: batch.bytes };
  });
}

/** Keys of the lists of unanswered lines, in input order. */
function unansweredOf({ job: { job_id }, name, tally }: ClosedJob): string[] {
  return tally.batches.flatMap((batch, index) => {
    const number = index + 1;
    if ("lost" in batch || batch.pooled) return [lostLinesKey(job_id, name, number)];
    return batch.unanswered ? [unansweredKey(job_id, number, batch.round)] : [];
  });
}

/** S3 user metadata travels in HTTP headers. */
function asciiOnly(metadata: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => /^[\x20-\x7e]*$/.test(value)));
}
