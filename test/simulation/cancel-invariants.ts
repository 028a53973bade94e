/** What must be true of a job that somebody cancelled, or whose execution was stopped. */
import type { Item } from "../../shared/records/port.ts";
import type { DrawnJob } from "./job.ts";
import type { SimulatedBatch } from "./provider-batches.ts";
import { serviceOf } from "./services.ts";
import { SIMULATED } from "./simulated-providers.ts";
import type { Aftermath } from "./simulation.ts";

/** Longest time a batch may run on after a cancel, in ms: 15 minutes to the next look, and all that may be in the way. */
const LONGEST_RUN_ON = 6 * 3_600_000;

/** Whether the job may end cancelled: somebody asked for it, or stopped an execution that had it. */
export function wasCancelled({ requests, states }: Aftermath, job: DrawnJob, record: Item): boolean {
  const dead = (record.fenced_executions as string[] | undefined) ?? [];
  return requests.some((request) => request.job === job) || dead.some((arn) => states.stopped.includes(arn));
}

/** The broken invariants, in words; none when all hold. */
export function cancelViolations(after: Aftermath, job: DrawnJob, record: Item): string[] {
  const inTime = after.requests.filter((request) => request.job === job && request.inTime);
  const visible = Math.min(...inTime.map((request) => request.visible));
  if (visible === Number.POSITIVE_INFINITY) return [];
  const found: string[] = [];
  if (record.status !== "cancelled") found.push(`was cancelled in time, and ended ${record.status}`);
  for (const batch of batchesOf(after, job)) {
    if (batch.senderBegan >= visible) found.push(`${batch.id} was sent after the cancel`);
    // One of Anthropic's that was found by time and count only is left to its end.
    const left = SIMULATED[job.provider].protocol !== "anthropic" && batch.cancelled === null;
    if (left && (batch.ended ?? after.world.time.now) > visible + LONGEST_RUN_ON)
      found.push(`${batch.id} ran on after the cancel`);
  }
  return found;
}

/** Provider batches of a job. */
export function batchesOf(after: Aftermath, job: DrawnJob): SimulatedBatch[] {
  const { all } = serviceOf(after, job).batches;
  return all.filter(({ items }) => items[0]?.message.includes(` ${job.name}/`));
}
