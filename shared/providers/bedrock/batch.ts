import { ProviderUnavailableError } from "../../errors.ts";
import { countAt, isObject, type Json, objectAt, textAt } from "../../json/values.ts";
import type { ProviderBatch } from "../provider.ts";
import { secondsAt, standing, statusFrom } from "../wire/batch-words.ts";

/**
 * A model invocation job as ours. Its id is the job's ARN.
 * @throws ProviderUnavailableError when it is no job at all
 */
export function toProviderBatch(answer: unknown): ProviderBatch {
  const raw = plain(answer);
  const id = textAt(raw, "jobArn");
  if (id === null) throw new ProviderUnavailableError("Amazon Bedrock's answer is not a job");
  const word = textAt(raw, "status");
  const known = word === null ? "pending" : statusFrom(word);
  const created_at = secondsAt(raw, "submitTime") ?? 0;
  const ended_at = secondsAt(raw, "endTime");
  const count = (name: string) => countAt(raw, name) ?? 0;
  const now = standing(word, known, [
    count("totalRecordCount"),
    count("successRecordCount"),
    count("errorRecordCount"),
  ]);
  return {
    id,
    ...now,
    created_at,
    error: textAt(raw, "message")?.slice(0, 500) ?? null,
    times: {
      ...(created_at > 0 ? { pending: created_at } : {}),
      ...(ended_at === undefined ? {} : { [now.status]: ended_at }),
    },
    raw,
  };
}

/** Dates as texts, and without what the SDK adds. */
function plain(answer: unknown): Json {
  if (!isObject(answer)) return {};
  const { $metadata: _, ...raw } = answer;
  return JSON.parse(JSON.stringify(raw));
}

export interface S3Location {
  bucket: string;
  key: string;
}

/** Where a job's results are: the object that belongs to its input file. Null when the job does not say. */
export function resultsOf(raw: unknown): S3Location | null {
  const job = isObject(raw) ? raw : {};
  const input = textAt(objectAt(objectAt(job, "inputDataConfig"), "s3InputDataConfig"), "s3Uri");
  const output = textAt(objectAt(objectAt(job, "outputDataConfig"), "s3OutputDataConfig"), "s3Uri");
  const id = textAt(job, "jobArn")?.split("/").at(-1);
  const name = input?.split("/").at(-1);
  const place = output === null ? null : s3Location(output);
  if (!place || !id || !name) return null;
  return { bucket: place.bucket, key: `${folder(place.key)}${id}/${name}.out` };
}

/** Where a job's input file is. Null when the job does not say. */
export function inputOf(raw: unknown): S3Location | null {
  const config = isObject(raw) ? objectAt(objectAt(raw, "inputDataConfig"), "s3InputDataConfig") : {};
  const uri = textAt(config, "s3Uri");
  return uri === null ? null : s3Location(uri);
}

/** Bucket and key of an S3 URI; null when it is none. */
export function s3Location(uri: string): S3Location | null {
  const [, bucket, key = ""] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(uri) ?? [];
  return bucket === undefined ? null : { bucket, key };
}

/** A prefix that ends in a slash, or nothing. */
export const folder = (prefix: string) => (prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`);
