/** A job by the beginning of its id. */
import { type JobRecord, listJobs, readJob } from "../../shared/records/job-record.ts";
import { UsageError } from "../exit-codes.ts";

/** Jobs among which an abbreviated id is looked for. */
const NEWEST = 1000;
/** Jobs that are named when an id means none or several. */
const NAMED = 5;

/**
 * The job with this id, or the only one whose id begins so, among the newest thousand.
 * @throws UsageError that names what there is, when it is none or not one
 */
export async function findJob(id: string): Promise<JobRecord> {
  const job = await readJob(id);
  if (job) return job;
  const jobs = await listJobs(NEWEST);
  const meant = jobs.filter(({ job_id }) => job_id.startsWith(id));
  const [only, ...others] = meant;
  // The index from which they are listed may be a moment behind.
  if (only && others.length === 0) return (await readJob(only.job_id)) ?? only;
  if (only) throw new UsageError(`${id} is the beginning of ${meant.length} jobs: ${names(meant)}`);
  throw new UsageError(
    `there is no job ${id}; ${jobs.length > 0 ? `there are ${names(jobs)}` : "there is none at all"}`,
  );
}

function names(jobs: JobRecord[]): string {
  const some = jobs.slice(0, NAMED).map(({ job_id }) => job_id);
  return jobs.length > NAMED ? `${some.join(", ")}, … (nightshift list shows all)` : some.join(", ");
}
