/** The bucket: streamed reads, and whole writes of what is small; `object-writer.ts` writes what is large. */
import type { Readable } from "node:stream";
import {
  GetObjectCommand,
  HeadObjectCommand,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { S3_CLIENT } from "../aws-client.ts";
import { required } from "../environment.ts";
import { ENV } from "../names.ts";

let client: S3Client | undefined;
let endpoint: string | undefined;

/** The process's one S3 client; its endpoint and region come from the AWS environment variables. */
export function s3(): S3Client {
  // A command reads one local folder after the other, each on an address of its own.
  if (endpoint !== process.env.AWS_ENDPOINT_URL_S3) client = undefined;
  endpoint = process.env.AWS_ENDPOINT_URL_S3;
  client ??= new S3Client(S3_CLIENT);
  return client;
}

/** The bucket's name. */
export const bucket = () => required(ENV.bucket);

/** An object's properties, without its body. */
export interface ObjectInfo {
  bytes: number;
  etag: string;
  version_id: string | undefined;
  /** User metadata; keys are lower case. */
  metadata: Record<string, string>;
}

/** An object's properties, or null when there is no such object. */
export async function headObject(key: string, version?: string): Promise<ObjectInfo | null> {
  try {
    const head = await s3().send(new HeadObjectCommand({ Bucket: bucket(), Key: key, VersionId: version }));
    return {
      bytes: head.ContentLength ?? 0,
      etag: (head.ETag ?? "").replaceAll('"', ""),
      version_id: head.VersionId === "null" ? undefined : head.VersionId,
      metadata: head.Metadata ?? {},
    };
  } catch (error) {
    if (error instanceof NotFound) return null;
    throw error;
  }
}

/** Which object, and what of it. */
export interface Part {
  version?: string;
  /** As in HTTP: `bytes=100-`. */
  range?: string;
  /** Refused when the object is another by now. */
  etag?: string;
}

/** An object's body as a stream. @throws NoSuchKey */
export async function openObject(key: string, { version, range, etag }: Part = {}): Promise<Readable> {
  const answer = await s3().send(
    new GetObjectCommand({
      Bucket: bucket(),
      Key: key,
      VersionId: version,
      Range: range,
      IfMatch: etag && `"${etag}"`,
    }),
  );
  return answer.Body as Readable;
}

/** A small object's text, or null when there is no such object. */
export async function readText(key: string): Promise<string | null> {
  try {
    const answer = await s3().send(new GetObjectCommand({ Bucket: bucket(), Key: key }));
    return (await answer.Body?.transformToString("utf8")) ?? "";
  } catch (error) {
    if (error instanceof NoSuchKey) return null;
    throw error;
  }
}

/** Writes a small object. */
export async function writeText(key: string, text: string, contentType = "application/json"): Promise<void> {
  await s3().send(new PutObjectCommand({ Bucket: bucket(), Key: key, Body: text, ContentType: contentType }));
}
