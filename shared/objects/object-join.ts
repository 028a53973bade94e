/** Puts objects one behind the other, by S3's own copy of parts wherever they are large enough. */
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { bucket, openObject, s3 } from "./objects.ts";

/** S3: every part of a multipart upload but the last has at least 5 MiB; a copied part at most 5 GiB. */
const MIN_PART = 5 * 1024 * 1024;
const MAX_COPY = 5 * 1024 * 1024 * 1024;

/** Copies under way at once: S3 takes about a second for a large one, and 10,000 parts have a Lambda's 15 minutes. */
const COPIES_AT_ONCE = 16;

/** One object to be joined, with its length in bytes. */
export interface JoinPart {
  key: string;
  bytes: number;
}

/** How the joined object is written. */
export interface JoinOptions {
  metadata?: Record<string, string>;
  /** Called right before the object takes the place of what is there; what it throws leaves that in place. */
  beforeEnd?: () => Promise<unknown>;
}

/**
 * Writes the concatenation of `parts` to `target`. Memory is bounded by two minimal parts: small
 * objects are gathered until they make a part, large ones never pass through this process.
 * At most 10,000 parts (S3).
 */
export async function joinObjects(
  parts: JoinPart[],
  target: string,
  { metadata, beforeEnd }: JoinOptions = {},
): Promise<void> {
  const total = parts.reduce((sum, part) => sum + part.bytes, 0);
  const where = { Bucket: bucket(), Key: target };
  const headers = { ContentType: "application/jsonl", Metadata: metadata };
  if (total < MIN_PART) {
    const body = Buffer.concat(await Promise.all(parts.map((part) => readBytes(part, 0, part.bytes))));
    await beforeEnd?.();
    await s3().send(new PutObjectCommand({ ...where, ...headers, Body: body }));
    return;
  }
  const { UploadId } = await s3().send(new CreateMultipartUploadCommand({ ...where, ...headers }));
  const upload = { ...where, UploadId };
  const done: CompletedPart[] = [];
  const copies = new Copies(done);
  try {
    let count = 0;
    let gathered: Buffer[] = [];
    let size = 0;
    const flush = async () => {
      if (size === 0) return;
      const PartNumber = ++count;
      const answer = await s3().send(
        new UploadPartCommand({ ...upload, PartNumber, Body: Buffer.concat(gathered) }),
      );
      done[PartNumber - 1] = { PartNumber, ETag: answer.ETag };
      gathered = [];
      size = 0;
    };
    for (const part of parts) {
      let from = 0;
      while (from < part.bytes) {
        const left = part.bytes - from;
        if (size === 0 && left >= MIN_PART) {
          const length = Math.min(left, MAX_COPY);
          const [number, start] = [++count, from];
          await copies.add(() => copyPart(upload, number, part, start, length));
          from += length;
          continue;
        }
        const length = Math.min(left, MIN_PART - size);
        gathered.push(await readBytes(part, from, length));
        size += length;
        from += length;
        if (size >= MIN_PART) await flush();
      }
    }
    await flush();
    await copies.end();
    await beforeEnd?.();
    await s3().send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: done } }));
  } catch (error) {
    // A part that arrives behind the abort would stay.
    await copies.end().catch(() => undefined);
    await s3().send(new AbortMultipartUploadCommand(upload));
    throw error;
  }
}

/** Copies under way, as many at once as may be. */
class Copies {
  readonly #done: CompletedPart[];
  readonly #running = new Set<Promise<void>>();

  constructor(done: CompletedPart[]) {
    this.#done = done;
  }

  /** Begins one as soon as there is room. @throws what one before it threw */
  async add(copy: () => Promise<CompletedPart>): Promise<void> {
    if (this.#running.size === COPIES_AT_ONCE) await Promise.race(this.#running);
    const running = copy().then((part) => {
      this.#done[(part.PartNumber ?? 0) - 1] = part;
      this.#running.delete(running);
    });
    // Thrown by the next wait, for which it stays in the set; until then it must not count as unhandled.
    running.catch(() => undefined);
    this.#running.add(running);
  }

  /** Waits for all, also when one fails. @throws what one of them threw */
  async end(): Promise<void> {
    const running = [...this.#running];
    await Promise.allSettled(running);
    await Promise.all(running);
  }
}

async function copyPart(
  upload: { Bucket: string; Key: string; UploadId: string | undefined },
  PartNumber: number,
  part: JoinPart,
  from: number,
  length: number,
): Promise<CompletedPart> {
  // A range may only be copied out of an object larger than 5 MiB: https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
  const range = length < part.bytes ? `bytes=${from}-${from + length - 1}` : undefined;
  const answer = await s3().send(
    new UploadPartCopyCommand({
      ...upload,
      PartNumber,
      CopySource: `${upload.Bucket}/${encodeURI(part.key)}`,
      CopySourceRange: range,
    }),
  );
  return { PartNumber, ETag: answer.CopyPartResult?.ETag };
}

async function readBytes(part: JoinPart, from: number, length: number): Promise<Buffer> {
  if (length === 0) return Buffer.alloc(0);
  const stream = await openObject(part.key, { range: `bytes=${from}-${from + length - 1}` });
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
