/** Follows a job to its end. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Backend } from "../backend/backend.ts";
import { type JobStatus, readJobStatus } from "./job-status.ts";

export interface FollowOptions {
  /** The execution that was just started: the job is over when it is. */
  execution?: string | undefined;
  onStatus: (status: JobStatus) => void;
}

/** How long the backend may not answer: a laptop sleeps, a host hands over to another. Milliseconds. */
const LONGEST_SILENCE = 60_000;

/**
 * Reads a job's status until the job has ended. For a moment no execution runs it: when one has just ended, or was stopped.
 * @throws Error when no process runs it, with what to do
 */
export async function followJob(
  job_id: string,
  backend: Backend,
  { execution, onStatus }: FollowOptions,
): Promise<JobStatus> {
  let idle = 0;
  for (;;) {
    const status = await patiently(() => readJobStatus(job_id, backend, execution));
    if (status) {
      onStatus(status);
      if (status.ended && !(execution && status.execution.alive)) return status;
    }
    const working =
      status?.execution ?? (execution ? await patiently(() => backend.execution(execution)) : undefined);
    // Counted in reads: a laptop that sleeps reads nothing.
    idle = working?.alive ? 0 : idle + backend.pollSeconds;
    if (idle > backend.patienceSeconds) {
      const why = working ? `${working.text}; ${working.advice}` : "there is no such job";
      throw new Error(`no process runs job ${job_id}: ${why}`);
    }
    await sleep(backend.pollSeconds * 1000);
  }
}

async function patiently<T>(read: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + LONGEST_SILENCE;
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (isRefusal(error) || Date.now() > deadline) throw error;
      await sleep(1000);
    }
  }
}

/** Whether the next read will fail the same way: no right to read, no credentials. DynamoDB's throttling is a 400 as well. */
function isRefusal(error: unknown): boolean {
  const { name = "", $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  if (/Throttl|Throughput|LimitExceeded/.test(name)) return false;
  const status = $metadata?.httpStatusCode ?? 0;
  return name === "CredentialsProviderError" || (status >= 400 && status < 500 && status !== 429);
}
