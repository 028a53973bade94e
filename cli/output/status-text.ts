/** How a job stands, in words. */
import { unixNow } from "../../shared/clock.ts";
import { type BatchProgress, providerCounts } from "../job/batch-progress.ts";
import { answeredItems, type JobStatus } from "../job/job-status.ts";
import { nextText, troubleText, whereText } from "./batch-lines.ts";
import { costSoFar } from "./cost.ts";
import { counted, duration, number, oneLine } from "./numbers.ts";

/** The most batches that are printed one by one. */
const SHOWN = 20;
const WIDTH = 400;

/** All that a person wants to know. `options`: those that lead to the job again on a command line. */
export function statusText(status: JobStatus, options: string): string {
  const { job, begun, execution, ended } = status;
  const now = unixNow();
  const lines = [
    `Job ${job.job_id}: ${job.status}${job.cancel_requested && !ended ? ", to be cancelled" : ""}`,
    `  ${[job.provider, job.model].filter(Boolean).join(", ")}, begun ${duration(now - job.created_at)} ago`,
    `  ${progress(status)}`,
  ];
  if (ended) return [...lines, ...end(status, options)].join("\n");
  lines.push(
    execution.alive
      ? `  ${execution.text}`
      : `  No process runs it: ${execution.text}.\n  What to do: ${execution.advice}.`,
  );
  const open = begun.filter(({ state }) => state !== "done");
  for (const batch of open.slice(0, SHOWN)) lines.push(...batchLines(batch, now));
  if (open.length > SHOWN) lines.push(`  … and ${number(open.length - SHOWN)} batches more (--json has all)`);
  const waiting = status.batches - begun.length;
  if (waiting > 0) lines.push(`  ${number(waiting)} batches wait for their turn (max_concurrent_batches)`);
  return lines.join("\n");
}

function progress(status: JobStatus): string {
  const { items, batches, batchesDone, receipt } = status;
  if (items === 0) return "the input has not been read yet";
  const parts = [
    `${number(answeredItems(status))} of ${counted(items, "item")}`,
    `${number(batchesDone)} of ${counted(batches, "batch", "batches")} done`,
    costSoFar(receipt),
  ];
  return parts.filter(Boolean).join("; ");
}

function end({ job }: JobStatus, options: string): string[] {
  if (job.error) return [`  ${oneLine(job.error, WIDTH)}`];
  const counts = Object.entries(job.counts ?? {}).filter(([, count]) => count > 0);
  return [
    `  ${counts.map(([name, count]) => `${number(count)} ${name}`).join(", ")}`,
    `  nightshift results ${job.job_id}${options}`,
  ];
}

function batchLines(batch: BatchProgress, now: number): string[] {
  const next = nextText(batch, now);
  const trouble = troubleText(batch, now);
  const says = providerSays(batch);
  return [
    `  batch ${batch.batch}: ${whereText(batch)}, for ${duration(now - batch.since)}${next && `; ${next}`}`,
    ...(says ? [`    the provider says: ${says}`] : []),
    ...(trouble ? [`    trouble ${trouble}`] : []),
  ];
}

function providerSays({ record, state }: BatchProgress): string {
  if (state === "waiting") return "";
  const parts = Object.entries(providerCounts(record) ?? {}).map(([name, count]) => `${name} ${count}`);
  return [record.provider_batch_id, ...parts].filter(Boolean).join(", ");
}
