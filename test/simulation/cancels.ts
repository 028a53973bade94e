/** Who asks for the end of a job, and who looks after stopped executions. */
import { requestCancel } from "../../shared/records/job-record.ts";
import { type DrawnJob, recordOf } from "./job.ts";
import type { Lambdas } from "./lambdas.ts";
import type { Random } from "./random.ts";
import type { Parts } from "./simulation.ts";

/** A request to cancel a job. */
export interface CancelRequest {
  job: DrawnJob;
  /** False when the job was being put together: it counts only if that fails and the job is started again. */
  inTime: boolean;
  /** Unix ms: from then on whoever reads the job's record sees it. */
  visible: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Statuses in which a request still counts; a failed job is started again, and then cancelled. */
const OPEN: readonly unknown[] = ["pending", "in_progress", "failed"];
/** Statuses in which it counts only when the job fails even so. */
const CLOSING: readonly unknown[] = ["finalizing", "cancelling"];

/** At once, soon, or in the middle of the job. */
function someTime(random: Random): number {
  return random.pick([
    random.int(0, 2000),
    random.int(0, 5 * MINUTE),
    random.int(0, 3 * HOUR),
    random.int(0, 20 * HOUR),
  ]);
}

/** Cancels a job some time after it has begun: by the command, or by hand in the table. */
export async function cancelSometime(parts: Parts, job: DrawnJob, random: Random): Promise<void> {
  const { world, table, requests } = parts;
  await world.time.sleep(someTime(random));
  let record = recordOf(job, table.items);
  for (; !record; record = recordOf(job, table.items)) await world.time.sleep(1000);
  const job_id = String(record.job_id);
  if (random.chance(0.3)) {
    const open = OPEN.includes(record.status);
    table.set(`job#${job_id}|job`, "cancel_requested", random.pick([true, "true"]));
    world.note(`${job_id}: cancel_requested is set by hand`);
    if (open || CLOSING.includes(record.status))
      requests.push({ job, inTime: open, visible: world.time.now });
    return;
  }
  for (;;) {
    // The command is not a Lambda, but its calls fail as theirs do.
    const asked = await requestCancel(job_id).catch(() => undefined);
    if (asked === undefined) continue;
    world.note(`${job_id}: cancel asked for, ${asked?.cancel_requested ? "in time" : "too late"}`);
    if (asked?.cancel_requested && OPEN.includes(asked.status))
      requests.push({ job, inTime: true, visible: world.time.now });
    return;
  }
}

/** Stops an execution in the console, once or twice; the sweep hears of it, twice, or not at all. */
export async function stopSometime(parts: Parts, lambdas: Lambdas, random: Random): Promise<void> {
  const { world, states } = parts;
  for (let times = random.int(1, 2); times > 0; times--) {
    await world.time.sleep(someTime(random));
    const { running } = states;
    if (running.length === 0) continue;
    states.stop(random.pick(running));
    await world.time.sleep(random.int(0, 5000));
    for (let told = random.int(0, 2); told > 0; told--) void sweep(lambdas);
  }
}

/** Sweeps by the hour, now and then twice at once, until the jobs are done. */
export async function sweepHourly(
  parts: Parts,
  lambdas: Lambdas,
  random: Random,
  done: () => boolean,
): Promise<void> {
  while (!done()) {
    await parts.world.time.sleep(HOUR);
    await Promise.all(Array.from({ length: random.pick([1, 1, 1, 2]) }, () => sweep(lambdas)));
  }
}

/** A sweep that fails is nobody's business: the next comes within the hour. */
function sweep(lambdas: Lambdas): Promise<unknown> {
  return lambdas.invoke("functions/sweep-jobs", {}).catch(() => undefined);
}
