/** What the execution that settles a job is started with. */
import type { JobRecord } from "../../shared/records/job-record.ts";
import { readSource } from "../../shared/workflow/job-source.ts";

/**
 * The dead execution's input, as JSON text, with the version of the object where it left that open: another upload
 * under the same key is another job. Null when it names another job all the same, as where the bucket keeps no versions.
 */
export async function heirInput(job: JobRecord, input: string): Promise<string | null> {
  const given = JSON.parse(input) as Record<string, unknown>;
  const open = "key" in given && job.input_version !== undefined;
  const pinned = open ? { version_id: job.input_version, ...given } : given;
  const { job_id } = await readSource(pinned);
  return job_id === job.job_id ? JSON.stringify(pinned) : null;
}
