/** Which object an execution is about, and the id of its job. */
import { createHash } from "node:crypto";
import * as z from "zod";
import { InvalidJobError } from "../errors.ts";
import { JobSpec } from "../models.ts";
import { namesOf } from "../name-set.ts";
import { headObject, type ObjectInfo, readText } from "../objects/objects.ts";
import { ExecutionInput } from "../payload.ts";
import { jobIdPrefix, tenantOfKey } from "../tenants/tenant.ts";

/** An execution's input, whether it came from the trigger or by hand. */
export interface JobSource {
  job_id: string;
  key: string;
  version: string | undefined;
  /** The execution's own settings for the job: the strongest. */
  overrides: Record<string, unknown>;
  /** Null when there is no such object. */
  object: ObjectInfo | null;
}

/** Names of settings: of a job, and of the recipe that has more of them. */
export const SETTINGS: readonly string[] = [...Object.keys(JobSpec.shape), "recipe"];

/** Settings of how fast a job goes, what it may cost and how its results are written. With others, it is the same job. */
const NO_IDENTITY = namesOf<keyof JobSpec, never>()(
  "min_poll_seconds max_concurrent_batches max_cost_usd prices outputs",
);

/**
 * Reads an execution's input and the object's metadata.
 * @throws InvalidJobError when the input names no object
 */
export async function readSource(input: unknown): Promise<JobSource> {
  const parsed = ExecutionInput.safeParse(input);
  if (!parsed.success) {
    throw new InvalidJobError(
      'the execution\'s input must be {"key": "inbox/data.jsonl"}, with optional "version_id" and settings ("job", or "job_key" of an object in inbox/ that holds them), or an S3 "Object Created" event',
    );
  }
  const { key, asked, etag, sequencer, job, job_key } = normalized(parsed.data);
  const overrides = job_key === undefined ? job : { ...(await settingsIn(job_key)), ...job };
  const object = await headObject(key, asked);
  const version = asked ?? object?.version_id;
  const identity = version ? [key, version] : [key, etag ?? object?.etag ?? "", sequencer];
  const what = Object.entries(overrides).filter(([name]) => !NO_IDENTITY.has(name));
  if (what.length > 0) identity.push(canonical(what));
  return { job_id: jobId(key, identity), key, version, overrides, object };
}

function normalized(input: ExecutionInput) {
  if ("key" in input) {
    return {
      key: input.key,
      asked: input.version_id,
      etag: undefined,
      sequencer: "",
      job: input.job ?? {},
      job_key: input.job_key,
    };
  }
  const { key, etag, sequencer = "", "version-id": asked } = input.object;
  return { key, asked: asked || undefined, etag, sequencer, job: {}, job_key: undefined };
}

async function settingsIn(key: string): Promise<Record<string, unknown>> {
  const text = await readText(key);
  if (text === null) throw new InvalidJobError(`there is no object ${key}, which "job_key" names`);
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch {
    // Not the parser's own words, which quote the text.
    throw new InvalidJobError(`${key}, which "job_key" names, must be a JSON object of settings`);
  }
}

/** Most characters of a file's name in an id. */
const MAX_FILE_NAME = 40;
/** The same beside a tenant's name, of up to 31: ids and a number name executions, of 80 characters at most. */
const MAX_TENANTS_FILE_NAME = 20;

/** Readable in a console and safe in any key: the tenant, the file's name, and a hash of what identifies the object. */
function jobId(key: string, identity: string[]): string {
  const tenant = tenantOfKey(key);
  const file = key.slice(key.lastIndexOf("/") + 1).replace(/\.jsonl(\.gz)?$/, "");
  const name =
    file
      .replace(/[^a-zA-Z0-9]+/g, "-")
      .replace(/^-|-$/g, "")
      .slice(0, tenant ? MAX_TENANTS_FILE_NAME : MAX_FILE_NAME) || "job";
  const hash = createHash("sha256").update(identity.join("\n")).digest("hex").slice(0, 12);
  return `${tenant ? jobIdPrefix(tenant) : ""}${name}-${hash}`;
}

function canonical(settings: [string, unknown][]): string {
  return JSON.stringify(settings.sort(([a], [b]) => (a < b ? -1 : 1)));
}
