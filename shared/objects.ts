/** The bucket: streamed reads and writes. Nothing here holds more than a few parts of an object. */
import { once } from "node:events";
import { PassThrough, type Readable } from "node:stream";
import {
  GetObjectCommand,
  HeadObjectCommand,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { required } from "./environment.ts";
import { ENV } from "./names.ts";

let client: S3Client | undefined;

/** The process's one S3 client; its endpoint and region come from the AWS environment variables. */
export function s3(): S3Client {
  client ??= new S3Client({});
  return client;
}

/** The bucket's name. */
export const bucket = () => required(ENV.bucket);

/** Bytes of one part of a multipart upload: 10,000 of them make 80 GiB. */
const PART_BYTES = 8 * 1024 * 1024;
/** Small writes are gathered into chunks of this size before they enter the upload's stream. */
const CHUNK_BYTES = 256 * 1024;

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

/** An object's body as a stream. @throws NoSuchKey */
export async function openObject(
  key: string,
  options: { version?: string; range?: string } = {},
): Promise<Readable> {
  const answer = await s3().send(
    new GetObjectCommand({ Bucket: bucket(), Key: key, VersionId: options.version, Range: options.range }),
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

/** Writes one object as a stream of parts; the object appears whole at `close`, or not at all. */
export class ObjectWriter {
  /** Bytes written so far. */
  bytes = 0;
  readonly #stream = new PassThrough({ highWaterMark: 4 * CHUNK_BYTES });
  readonly #upload: Upload;
  readonly #done: Promise<unknown>;
  #failure: unknown;
  #pending: (string | Buffer)[] = [];
  #pendingBytes = 0;

  constructor(key: string, options: { metadata?: Record<string, string>; contentType?: string } = {}) {
    this.#upload = new Upload({
      client: s3(),
      partSize: PART_BYTES,
      queueSize: 2,
      params: {
        Bucket: bucket(),
        Key: key,
        Body: this.#stream,
        Metadata: options.metadata,
        ContentType: options.contentType ?? "application/jsonl",
      },
    });
    this.#done = this.#upload.done();
    // The failure is thrown by the next write or by close; until then it must not count as unhandled.
    this.#done.catch((error: unknown) => {
      this.#failure = error ?? new Error(`the upload of ${key} failed`);
      this.#stream.destroy();
    });
  }

  /** Appends text or bytes; waits only when the upload is behind. `size` is the length in bytes, where known. */
  write(data: string | Buffer, size = Buffer.byteLength(data)): Promise<void> | undefined {
    this.bytes += size;
    this.#pending.push(data);
    this.#pendingBytes += size;
    return this.#pendingBytes >= CHUNK_BYTES ? this.#flush() : undefined;
  }

  async #flush(): Promise<void> {
    if (this.#failure) throw this.#failure;
    const chunk = joined(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    if (chunk.length > 0 && !this.#stream.write(chunk)) {
      await Promise.race([once(this.#stream, "drain"), this.#done]);
    }
  }

  /** Ends the object and makes it visible. */
  async close(): Promise<void> {
    await this.#flush();
    this.#stream.end();
    await this.#done;
  }

  /** Gives the object up: nothing of it remains. */
  async abort(): Promise<void> {
    await this.#upload.abort();
    this.#stream.destroy();
  }
}

function joined(parts: (string | Buffer)[]): Buffer {
  if (parts.every((part) => typeof part === "string")) return Buffer.from(parts.join(""), "utf8");
  return Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "utf8") : part)));
}
