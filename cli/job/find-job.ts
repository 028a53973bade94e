/** A job by the beginning of its id. */
import { type JobRecord, listJobs, readJob } from "../../shared/records/job-record.ts";
import { UsageError } from "../exit-codes.ts";

/** Jobs among which an abbreviated id is looked up. */
const NEWEST = 1000;
/** Jobs that are named when an id means none or several. */
const NAMED = 5;

/** What an id may mean in one backend. */
export interface FoundJobs {
  meant: JobRecord[];
  /** The newest jobs there are; not read when the id is a whole one. */
  known: JobRecord[];
}

/**
 * The job with this id, or the only one whose id begins so, among the newest thousand.
 * @throws UsageError that names what there is, when it is none or not one
 */
export async function findJob(id: string): Promise<JobRecord> {
  const job = onlyOne(id, await lookUp(id));
  // The index from which jobs are listed may be a moment behind.
  return (await readJob(job.job_id)) ?? job;
}

/** The jobs of the open backend that an id may mean. */
export async function lookUp(id: string): Promise<FoundJobs> {
  const job = await readJob(id);
  if (job) return { meant: [job], known: [] };
  const known = await listJobs(NEWEST);
  return { meant: known.filter(({ job_id }) => job_id.startsWith(id)), known };
}

/** @throws UsageError that names what there is, when no job is meant or several are */
export function onlyOne(id: string, { meant, known }: FoundJobs): JobRecord {
  const whole = meant.find(({ job_id }) => job_id === id);
  const [only, ...others] = whole ? [whole] : meant;
  if (only && others.length === 0) return only;
  if (only) throw new UsageError(`${id} is the beginning of ${meant.length} jobs: ${names(meant)}`);
  throw new UsageError(
    `there is no job ${id}; ${known.length > 0 ? `there are ${names(known)}` : "there is none at all"}`,
  );
}

function names(jobs: JobRecord[]): string {
  const some = jobs.slice(0, NAMED).map(({ job_id }) => job_id);
  return jobs.length > NAMED ? `${some.join(", ")}, … (nightshift list shows all)` : some.join(", ");
}
