/** Lets the bucket's lifecycle take the intermediate objects of a job that needs them no more. */
import { hasEnded } from "../../shared/models.ts";
import { ENDED_TAG } from "../../shared/names.ts";
import { jobPrefix } from "../../shared/objects/keys.ts";
import { objects } from "../../shared/objects/store.ts";
import { readJob } from "../../shared/records/job-record.ts";
import { note } from "../../shared/telemetry.ts";

/** Requests under way at once: what the SDK has connections for. 100,000 objects, of 20,000 batches, take about a minute. */
const AT_ONCE = 50;

/** What was done. */
export interface ExpiredObjects {
  /** Objects that bear the tag now. */
  tagged: number;
}

/**
 * Tags every intermediate object of a job that has ended. Doing it again changes nothing; what a late run of an earlier step
 * writes afterwards has no tag, and stays as long as a running job's.
 * @throws Error when the job goes on, or may be started again: it needs them then
 */
export async function expireObjects(job_id: string): Promise<ExpiredObjects> {
  note({ job_id });
  const { status = "unknown", provider, model } = (await readJob(job_id)) ?? {};
  note({ provider, model });
  if (status === "unknown" || status === "failed" || !hasEnded(status))
    throw new Error(`job ${job_id} is ${status}: its objects may still be needed`);
  let tagged = 0;
  const store = await objects();
  const tags = { [ENDED_TAG.key]: ENDED_TAG.value };
  for await (const keys of store.list(jobPrefix(job_id))) {
    for (let at = 0; at < keys.length; at += AT_ONCE)
      await Promise.all(keys.slice(at, at + AT_ONCE).map((key) => store.tag(key, tags)));
    tagged += keys.length;
  }
  note({ outcome: "objects expire", tagged });
  return { tagged };
}
