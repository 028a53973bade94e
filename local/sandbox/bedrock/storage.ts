/** Bedrock's half that reads and writes S3. */
import { createReadStream, createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from "@aws-sdk/client-s3";

/** A bucket and a key, or a prefix that ends in a slash. */
export interface S3Location {
  bucket: string;
  key: string;
}

export function s3Location(uri: string): S3Location {
  const [, bucket = "", key = ""] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(uri) ?? [];
  return { bucket, key };
}

/** What the sandbox does with a user's bucket. */
export class JobStorage {
  readonly #client: S3Client;

  constructor(config: S3ClientConfig) {
    this.#client = new S3Client({ forcePathStyle: true, region: "us-east-1", ...config });
  }

  /** Copies the one `.jsonl` object at or below a place to a file. @returns its key; null when there is not one */
  async fetchInput({ bucket, key }: S3Location, path: string): Promise<string | null> {
    const found = key.endsWith(".jsonl") ? key : await this.#onlyJsonl(bucket, key);
    if (found === null) return null;
    const { Body } = await this.#client.send(new GetObjectCommand({ Bucket: bucket, Key: found }));
    await pipeline(Body as Readable, createWriteStream(path));
    return found;
  }

  async #onlyJsonl(bucket: string, prefix: string): Promise<string | null> {
    const { Contents = [] } = await this.#client.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }),
    );
    const keys = Contents.flatMap(({ Key }) => (Key?.endsWith(".jsonl") ? [Key] : []));
    return keys.length === 1 ? (keys[0] ?? null) : null;
  }

  async putFile({ bucket, key }: S3Location, path: string): Promise<void> {
    const { size } = await stat(path);
    const Body = createReadStream(path);
    await this.#client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body, ContentLength: size }));
  }

  async putText({ bucket, key }: S3Location, text: string): Promise<void> {
    await this.#client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: text }));
  }

  close(): void {
    this.#client.destroy();
  }
}
