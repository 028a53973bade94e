/** The S3 of Bedrock's jobs: their requests, and what they write. */
import type { Readable } from "node:stream";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { S3_CLIENT } from "../../aws-client.ts";
import type { BatchSubmission } from "../provider.ts";
import type { HttpAnswer } from "../wire/http.ts";
import { isMissing, sdkShaped } from "./aws-errors.ts";
import { folder, type S3Location } from "./batch.ts";

/** The bucket and the folder that jobs have. Errors are those of AWS's SDK. */
export class BedrockBucket {
  readonly #s3: S3Client;
  readonly #place: S3Location;

  constructor(region: string, place: S3Location) {
    this.#place = place;
    const forcePathStyle = process.env.AWS_ENDPOINT_URL_S3 !== undefined;
    this.#s3 = new S3Client({ ...S3_CLIENT, region, forcePathStyle });
  }

  get name(): string {
    return this.#place.bucket;
  }

  /** The S3 URI of a name in the folder. */
  uriOf(name: string): string {
    return `s3://${this.name}/${folder(this.#place.key)}${name}`;
  }

  /** The request file in place, where it is in the same bucket; else a copy. */
  async putRequests(
    { object, open, bytes }: BatchSubmission,
    name: string,
  ): Promise<{ uri: string; copied: boolean }> {
    const { bucket, key } = this.#place;
    if (object?.bucket === bucket) return { uri: `s3://${bucket}/${object.key}`, copied: false };
    const Body = await open();
    const put = new PutObjectCommand({
      Bucket: bucket,
      Key: `${folder(key)}${name}/requests.jsonl`,
      Body,
      ContentLength: bytes,
    });
    await this.#s3.send(put).finally(() => Body.destroy());
    return { uri: this.uriOf(`${name}/requests.jsonl`), copied: true };
  }

  /** An object, or the `range` of it, as an answer to a download. Errors have the form of an SDK's with a status. */
  async read({ bucket, key }: S3Location, range: string | undefined): Promise<HttpAnswer> {
    const command = new GetObjectCommand({ Bucket: bucket, Key: key, ...(range && { Range: range }) });
    const { Body, ContentRange } = await this.#s3.send(command).catch((error: unknown) => {
      throw sdkShaped(error);
    });
    const body = Body as Readable;
    if (ContentRange === undefined) return { status: 200, headers: new Map(), body };
    return { status: 206, headers: new Map([["content-range", ContentRange]]), body };
  }

  /** Whether there is such an object. */
  async exists({ bucket, key }: S3Location): Promise<boolean> {
    try {
      await this.#s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  async delete({ bucket, key }: S3Location): Promise<void> {
    await this.#s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
  }

  /** Where the bucket is, if S3 says it. */
  async region(): Promise<string | undefined> {
    return (await this.#s3.send(new HeadBucketCommand({ Bucket: this.name }))).BucketRegion;
  }
}
