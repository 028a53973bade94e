/** A job's progress as bars: its own, and those of the batches that are under way, of which many are summed. */
import type { BatchProgress } from "../job/batch-progress.ts";
import type { JobStatus } from "../job/job-status.ts";
import { batchBar } from "./batch-lines.ts";
import { costSoFar } from "./cost.ts";
import { counted, number, shortDuration } from "./numbers.ts";
import type { BarRow } from "./terminal.ts";

/** Batches that have a bar of their own. */
const SHOWN = 8;

/** The bars of a job. `now` in Unix seconds. */
export function jobBars(status: JobStatus, now: number): BarRow[] {
  const open = status.begun.filter(({ state }) => state !== "done");
  const shown = open.length > SHOWN ? open.slice(0, SHOWN - 1) : open;
  const rows = [jobBar(status, now), ...shown.map((batch) => batchBar(batch, now))];
  return open.length > SHOWN ? [...rows, sumBar(open.slice(SHOWN - 1))] : rows;
}

function jobBar({ job, answered, items, batches, batchesDone, receipt }: JobStatus, now: number): BarRow {
  const parts = [
    job.cancel_requested && "cancelling",
    `${number(answered)} of ${counted(items, "item")}`,
    batches > 1 && `${number(batchesDone)} of ${number(batches)} batches`,
    shortDuration(now - job.created_at),
    costSoFar(receipt),
  ];
  return { label: "job", value: answered, total: items, text: parts.filter(Boolean).join(", ") };
}

function sumBar(batches: BatchProgress[]): BarRow {
  const sum = (of: (batch: BatchProgress) => number) =>
    batches.reduce((total, batch) => total + of(batch), 0);
  return {
    label: `${batches.length} more`,
    value: sum(({ answered }) => answered),
    total: sum(({ items }) => items),
    text: `${number(batches.filter(({ state }) => state === "running").length)} at the provider`,
  };
}
