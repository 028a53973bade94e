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

/** One object to be joined, with its length in bytes. */
export interface JoinPart {
  key: string;
  bytes: number;
}

/**
 * Writes the concatenation of `parts` to `target`. Memory is bounded by two minimal parts: small
 * objects are gathered until they make a part, large ones never pass through this process.
 * At most 10,000 parts (S3).
 */
export async function joinObjects(
  parts: JoinPart[],
  target: string,
  contentType = "application/jsonl",
): Promise<void> {
  const total = parts.reduce((sum, part) => sum + part.bytes, 0);
  const where = { Bucket: bucket(), Key: target };
  if (total < MIN_PART) {
    const body = Buffer.concat(await Promise.all(parts.map((part) => readBytes(part, 0, part.bytes))));
    await s3().send(new PutObjectCommand({ ...where, Body: body, ContentType: contentType }));
    return;
  }
  const { UploadId } = await s3().send(
    new CreateMultipartUploadCommand({ ...where, ContentType: contentType }),
  );
  const upload = { ...where, UploadId };
  const done: CompletedPart[] = [];
  try {
    let gathered: Buffer[] = [];
    let size = 0;
    const flush = async () => {
      if (size === 0) return;
      const PartNumber = done.length + 1;
      const answer = await s3().send(
        new UploadPartCommand({ ...upload, PartNumber, Body: Buffer.concat(gathered) }),
      );
      done.push({ PartNumber, ETag: answer.ETag });
      gathered = [];
      size = 0;
    };
    for (const part of parts) {
      let from = 0;
      while (from < part.bytes) {
        const left = part.bytes - from;
        if (size === 0 && left >= MIN_PART) {
          const length = Math.min(left, MAX_COPY);
          done.push(await copyPart(upload, done.length + 1, part, from, length));
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
    await s3().send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: done } }));
  } catch (error) {
    await s3().send(new AbortMultipartUploadCommand(upload));
    throw error;
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
