/** From a file and settings to an execution of their job, on either backend. */
import { hasEnded } from "../../shared/models.ts";
import { isFree, type JobRecord, readJob } from "../../shared/records/job-record.ts";
import { readSource } from "../../shared/workflow/job-source.ts";
import type { Backend } from "../backend/backend.ts";
import { executionName, numberedExecution } from "../backend/execution-name.ts";
import { putInInbox, putSettings } from "../input/inbox.ts";
import type { NewJobSettings } from "../job-settings.ts";

/** A job that somebody works on, or that was answered before. */
export interface Submission {
  job_id: string;
  key: string;
  /** `new`; `running` already; `resumed` after an interruption or a failure; `answered` by an earlier run. */
  state: "new" | "running" | "resumed" | "answered";
  /** The execution that works on it; undefined when it was answered. */
  execution?: string;
}

export interface Begins {
  /** Called right before the job begins. What it throws keeps it from that. */
  begins?: (job_id: string) => Promise<void>;
}

/**
 * Starts the job of a file, or finds it. A job is its file's content and name, its tenant, its settings and who answers it.
 * Submitted again, it resumes where it was, with the same provider batches.
 */
export async function submitFile(
  file: string,
  { settings, provider, tenant, begins }: Begins & NewJobSettings,
  backend: Backend,
): Promise<Submission> {
  const key = await putInInbox(file, { tenant, origin: backend.origin });
  const { job_id, version } = await readSource({ key, job: settings });
  await begins?.(job_id);
  const job_key = await putSettings(key, settings);
  const input = { key, job_key, ...(version !== undefined && { version_id: version }) };
  const before = await readJob(job_id);
  const found = { job_id, key };
  if (before && hasEnded(before.status) && before.status !== "failed") return { ...found, state: "answered" };
  const next = { name: nextName(job_id, before), job_id, provider, input };
  // An interrupted job resumes in its execution; a failed one needs another.
  if (!before || isFree(before))
    return { ...found, state: before ? "resumed" : "new", execution: await backend.start(next) };
  const { alive } = await backend.execution(before.execution);
  // In this process it is alive because it was just taken up again.
  return alive && !backend.ownProcess
    ? { ...found, state: "running", execution: before.execution }
    : { ...found, state: "resumed", execution: await backend.resume(before.execution, next) };
}

/** The same for everybody who submits the same job at the same time: that makes one execution of theirs. */
function nextName(job_id: string, job: JobRecord | null): string {
  const earlier = job ? [job.execution, ...(job.fenced_executions ?? [])] : [];
  const count = Math.max(0, ...earlier.map((execution) => numberedExecution(job_id, execution)));
  return executionName(job_id, count + 1);
}
