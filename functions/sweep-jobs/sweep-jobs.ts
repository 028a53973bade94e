/**
 * Finds orphan jobs: their execution was stopped in the console, timed out, or failed without recording it. Their
 * batches may run on at the provider, and be paid for, and nothing would collect them. The sweep cancels each and
 * hands it to a new execution, its successor, which ends it as any cancelled job.
 */
import { messageOf } from "../../shared/errors.ts";
import { hasEnded } from "../../shared/models.ts";
import { handOver, type JobRecord, jobsSince, readJob, updateJob } from "../../shared/records/job-record.ts";
import { note } from "../../shared/telemetry.ts";
import { readSource } from "../../shared/workflow/job-source.ts";
import type { Executions } from "./executions.ts";

/** Seconds after its creation in which a job is swept. Providers keep results no longer. */
const WATCHED = 30 * 24 * 3600;

/** Why a job whose execution was stopped gets no successor. */
const OVERWRITTEN =
  "its execution was stopped, and its input was overwritten since, so no other execution can take the job; batches at the provider end by themselves within a day";

/** What a sweep found and did. */
export interface Sweep {
  /** Jobs that have not ended. */
  open: number;
  /** Seconds for which one of them has been in its present status: the longest. */
  longest_seconds: number;
  /** Ids of the jobs that were handed to a successor. */
  settled: string[];
}

/**
 * Checks every job that has not ended once. Sweeps may run at the same time, and one may die anywhere. One conditional
 * write hands a job over, to an execution whose name follows from the dead one's. If that was not started, the next
 * sweep starts it.
 * @param load the executions, asked for at the first open job: most sweeps find none, and need no client of Step Functions
 * @throws Error naming the jobs that could not be handed over; the others are
 */
export async function sweepJobs(load: () => Promise<Executions>, now: number): Promise<Sweep> {
  const sweep: Sweep = { open: 0, longest_seconds: 0, settled: [] };
  const problems: string[] = [];
  let executions: Executions | undefined;
  for await (const { job_id, status, times, created_at } of jobsSince(now - WATCHED)) {
    if (hasEnded(status)) continue;
    executions ??= await load();
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

/** Hands a job over if its execution is dead. @returns whether it did */
async function settle(job_id: string, executions: Executions, now: number): Promise<boolean> {
  const job = await readJob(job_id);
  if (!job || hasEnded(job.status)) return false;
  const holder = await executions.find(job.execution);
  if (holder?.alive) return false;
  if (!holder) return startSuccessor(job, executions);
  const input = await successorInput(job, holder.input);
  if (input === null) {
    await updateJob(job, "failed", now, { error: OVERWRITTEN });
    return false;
  }
  const successor = executions.successorOf(job.execution);
  if (!(await handOver(job, successor))) return false;
  await executions.start(successor, input);
  return true;
}

/** Starts the successor that an earlier sweep named and did not start. */
async function startSuccessor(job: JobRecord, executions: Executions): Promise<boolean> {
  const dead = job.fenced_executions?.find(
    (execution) => executions.successorOf(execution) === job.execution,
  );
  const known = dead && (await executions.find(dead));
  const input = known ? await successorInput(job, known.input) : null;
  if (input === null) return false;
  await executions.start(job.execution, input);
  return true;
}

/**
 * The dead execution's input, as JSON text, with the version of the object if it named none. Another upload under the
 * same key is another job. Null when it names another job nevertheless, as in a bucket that keeps no versions.
 */
export async function successorInput(job: JobRecord, input: string): Promise<string | null> {
  const given = JSON.parse(input) as Record<string, unknown>;
  const open = "key" in given && job.input_version !== undefined;
  const pinned = open ? { version_id: job.input_version, ...given } : given;
  const { job_id } = await readSource(pinned);
  return job_id === job.job_id ? JSON.stringify(pinned) : null;
}
