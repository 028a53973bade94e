/** The input of the execution that takes the job of a dead one. */
import type { JobRecord } from "../../shared/records/job-record.ts";
import { readSource } from "../../shared/workflow/job-source.ts";

/**
 * The dead execution's input, as JSON text, with the version of the object if it named none: another upload under the
 * same key is another job. Null when it names another job nevertheless, as in a bucket that keeps no versions.
 */
export async function successorInput(job: JobRecord, input: string): Promise<string | null> {
  const given = JSON.parse(input) as Record<string, unknown>;
  const open = "key" in given && job.input_version !== undefined;
  const pinned = open ? { version_id: job.input_version, ...given } : given;
  const { job_id } = await readSource(pinned);
  return job_id === job.job_id ? JSON.stringify(pinned) : null;
}
