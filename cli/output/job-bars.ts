/** A job's progress as lines: its bar, its pace, and the batches under way. Many batches are summed. */
import type { BatchProgress } from "../job/batch-progress.ts";
import type { JobStatus } from "../job/job-status.ts";
import { alignedColumns } from "./columns.ts";
import { usd } from "./cost.ts";
import { number, shortDuration } from "./numbers.ts";
import type { AnswerPace } from "./pace.ts";

/** Batches that have a line of their own. */
const SHOWN = 8;
/** Columns from which a bar may be long. */
const WIDE = 110;
const HEAD = ["batch", "", "answered", "state", "for", "next poll", ""];
/** Columns of numbers. */
const RIGHT = new Set(["answered", "for", "next poll"]);

/** The lines. `now` in Unix seconds; `width` in columns. */
export function jobBars(status: JobStatus, pace: AnswerPace, now: number, width: number): string[] {
  const size = width >= WIDE ? 24 : 10;
  const open = status.begun.filter(({ state }) => state !== "done");
  const shown = open.length > SHOWN ? open.slice(0, SHOWN - 1) : open;
  const rows = shown.map((batch) => batchCells(batch, now, size));
  if (open.length > SHOWN) rows.push(sumCells(open.slice(SHOWN - 1), size));
  const lines = [jobLine(status, now, size), paceLine(status, pace, now, size)];
  return [
    ...lines,
    ...(rows.length > 0 ? alignedColumns([HEAD, ...rows], (column) => RIGHT.has(HEAD[column] ?? "")) : []),
  ].filter(Boolean);
}

function jobLine(status: JobStatus, now: number, size: number): string {
  const { job, answered, items, batches, batchesDone, receipt } = status;
  const parts = [
    job.cancel_requested && "cancelling",
    `${number(answered)} of ${number(items)}`,
    batches > 1 && `${number(batchesDone)} of ${number(batches)} batches`,
    shortDuration(now - job.created_at),
    receipt?.cost_usd && `${usd(receipt.cost_usd)} USD`,
  ];
  return `job   ${bar(answered, items, size)}  ${parts.filter(Boolean).join(", ")}`;
}

function paceLine({ items, job }: JobStatus, pace: AnswerPace, now: number, size: number): string {
  const { perSecond } = pace;
  if (!perSecond) return "";
  const left = pace.secondsTo(items, now);
  const each =
    perSecond < 1
      ? `${number(Math.round(perSecond * 60))} a minute`
      : `${number(Math.round(perSecond))} a second`;
  const parts = [each, left !== null && !job.cancel_requested && `about ${shortDuration(left)} left`];
  return `pace  ${pace.spark(size)}        ${parts.filter(Boolean).join(", ")}`;
}

function batchCells(batch: BatchProgress, now: number, size: number): string[] {
  const { record, round, state, answered, items } = batch;
  const { next_poll_at, trouble, waiting_for, status, real_time } = record;
  const left = next_poll_at === undefined ? undefined : next_poll_at - now;
  const note = [round > 1 && `round ${round}`, trouble && "trouble", state === "waiting" && waiting_for];
  return [
    String(batch.batch),
    bar(answered, items, size),
    `${number(answered)}/${number(items)}`,
    state === "running" ? (real_time ? "real time" : status) : state,
    shortDuration(now - batch.since),
    left === undefined ? "" : left > 0 ? shortDuration(left) : "now",
    note.filter(Boolean).join(", "),
  ];
}

function sumCells(batches: BatchProgress[], size: number): string[] {
  const sum = (of: (batch: BatchProgress) => number) =>
    batches.reduce((total, batch) => total + of(batch), 0);
  const [answered, items] = [sum((batch) => batch.answered), sum((batch) => batch.items)];
  const running = batches.filter(({ state }) => state === "running").length;
  return [
    `${batches.length} more`,
    bar(answered, items, size),
    `${number(answered)}/${number(items)}`,
    ...[`${number(running)} at work`, "", "", ""],
  ];
}

function bar(value: number, total: number, size: number): string {
  const share = total > 0 ? Math.min(1, value / total) : 0;
  const full = Math.round(share * size);
  return `${"█".repeat(full)}${"░".repeat(size - full)} ${`${Math.floor(share * 100)}%`.padStart(4)}`;
}
