/**
 * Finds jobs whose execution is dead and has not recorded it: stopped in the console, timed out, or
 * failed beyond recording. Their batches may run on at the provider, and be paid for, with nobody to
 * collect them. Each is cancelled and handed to a new execution, which settles it as any cancelled job.
 */
import { messageOf } from "../../shared/errors.ts";
import { hasEnded } from "../../shared/models.ts";
import { handOver, type JobRecord, jobsSince, readJob, updateJob } from "../../shared/records/job-record.ts";
import { note } from "../../shared/telemetry.ts";
import type { Executions } from "./executions.ts";
import { heirInput } from "./heir-input.ts";

/** Seconds for which a job is looked after. The providers keep results for as long: no older job can be settled. */
const WATCHED = 30 * 24 * 3600;

/** Why a job that was stopped cannot be settled. */
const OVERWRITTEN =
  "its execution was stopped, and its input was overwritten since, so that no other can have the job; batches at the provider end by themselves within a day";

/** What a sweep found. */
export interface Sweep {
  /** Jobs that have not ended. */
  open: number;
  /** Seconds for which one of them has been in its present status: the longest. */
  longest_seconds: number;
  /** Ids of the jobs that were given to an execution that settles them. */
  settled: string[];
}

/**
 * Looks once at every job that has not ended. Sweeps may run at the same time, and one may die
 * anywhere: a job is handed over by one conditional write, to an execution whose name follows from the
 * dead one's, and the next sweep starts that execution when it was not.
 * @throws Error naming the jobs that could not be settled; the others are
 */
export async function sweepJobs(executions: Executions, now: number): Promise<Sweep> {
  const sweep: Sweep = { open: 0, longest_seconds: 0, settled: [] };
  const problems: string[] = [];
  for await (const { job_id, status, times, created_at } of jobsSince(now - WATCHED)) {
    if (hasEnded(status)) continue;
    sweep.open++;
    sweep.longest_seconds = Math.max(sweep.longest_seconds, now - (times?.[status] ?? created_at));
    try {
      if (await settle(job_id, executions, now)) sweep.settled.push(job_id);
    } catch (error) {
      problems.push(`${job_id}: ${messageOf(error)}`);
    }
  }
  const { open: open_jobs, longest_seconds: longest_in_one_status_seconds, settled } = sweep;
  note({ outcome: "swept", open_jobs, longest_in_one_status_seconds, settled, problems: problems.length });
  if (problems.length > 0)
    throw new Error(`${problems.length} jobs could not be settled; the next sweep tries again: ${problems}`);
  return sweep;
}

/** Settles a job if its execution is dead. @returns whether it was given to an execution that does it */
async function settle(job_id: string, executions: Executions, now: number): Promise<boolean> {
  const job = await readJob(job_id);
  if (!job || hasEnded(job.status)) return false;
  const holder = await executions.find(job.execution);
  if (holder?.alive) return false;
  if (!holder) return startHeir(job, executions);
  const input = await heirInput(job, holder.input);
  if (input === null) {
    await updateJob(job, "failed", now, { error: OVERWRITTEN });
    return false;
  }
  const heir = executions.heirOf(job.execution);
  if (!(await handOver(job, heir))) return false;
  await executions.start(heir, input);
  return true;
}

/** Starts the execution that an earlier sweep named, and died before it could start it. */
async function startHeir(job: JobRecord, executions: Executions): Promise<boolean> {
  const dead = job.barred_executions?.find((execution) => executions.heirOf(execution) === job.execution);
  const known = dead && (await executions.find(dead));
  const input = known ? await heirInput(job, known.input) : null;
  if (input === null) return false;
  await executions.start(job.execution, input);
  return true;
}
