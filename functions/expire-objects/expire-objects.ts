/** Lets the bucket's lifecycle take the intermediate objects of a job that needs them no more. */
import { PutObjectTaggingCommand, paginateListObjectsV2 } from "@aws-sdk/client-s3";
import { hasEnded } from "../../shared/models.ts";
import { ENDED_TAG } from "../../shared/names.ts";
import { jobPrefix } from "../../shared/objects/keys.ts";
import { bucket, s3 } from "../../shared/objects/objects.ts";
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
  const pages = paginateListObjectsV2({ client: s3() }, { Bucket: bucket(), Prefix: jobPrefix(job_id) });
  for await (const { Contents = [] } of pages) {
    for (let at = 0; at < Contents.length; at += AT_ONCE)
      await Promise.all(Contents.slice(at, at + AT_ONCE).map(({ Key }) => tag(Key)));
    tagged += Contents.length;
  }
  note({ outcome: "objects expire", tagged });
  return { tagged };
}

async function tag(Key: string | undefined): Promise<void> {
  const Tagging = { TagSet: [{ Key: ENDED_TAG.key, Value: ENDED_TAG.value }] };
  await s3().send(new PutObjectTaggingCommand({ Bucket: bucket(), Key, Tagging }));
}
