/** Streamed writes to the bucket. */
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { bucket, s3 } from "./objects.ts";

/** Bytes of one part of a multipart upload: 10,000 of them make 80 GiB. */
const PART_BYTES = 8 * 1024 * 1024;
/** Bytes that are held to begin with: most objects are small lists. */
const FIRST_BYTES = 64 * 1024;

/**
 * Writes one object part by part; it appears whole at `close`, or not at all. Holds two parts at
 * most: the one that is filled and the one that is sent.
 */
export class ObjectWriter {
  /** Bytes written so far. */
  bytes = 0;
  readonly #target: { Bucket: string; Key: string };
  readonly #headers: { Metadata: Record<string, string> | undefined; ContentType: string };
  #part: Buffer = Buffer.allocUnsafe(FIRST_BYTES);
  #filled = 0;
  #spare: Buffer | undefined;
  #uploadId: string | undefined;
  #sent: CompletedPart[] = [];
  #sending: Promise<void> | undefined;

  constructor(key: string, options: { metadata?: Record<string, string>; contentType?: string } = {}) {
    this.#target = { Bucket: bucket(), Key: key };
    this.#headers = { Metadata: options.metadata, ContentType: options.contentType ?? "application/jsonl" };
  }

  /** Appends text or bytes; gives a promise only when a part is full, and then it must be waited for. */
  write(data: string | Buffer): Promise<void> | undefined {
    // UTF-8 has three bytes at most for a character of a string: nearly always there is room without counting.
    if (typeof data === "string" && this.#hasRoom(data.length * 3)) {
      const size = this.#part.write(data, this.#filled);
      this.#filled += size;
      this.bytes += size;
      return undefined;
    }
    const bytes = typeof data === "string" ? Buffer.from(data) : data;
    this.bytes += bytes.length;
    if (!this.#hasRoom(bytes.length)) return this.#writeAcross(bytes);
    this.#filled += bytes.copy(this.#part, this.#filled);
    return undefined;
  }

  /** Whether so many bytes fit into the part, which grows up to its full size for them. */
  #hasRoom(bytes: number): boolean {
    const needed = this.#filled + bytes;
    if (needed <= this.#part.length) return true;
    if (this.#part.length < PART_BYTES) {
      const grown = Buffer.allocUnsafe(Math.min(PART_BYTES, Math.max(needed, 2 * this.#part.length)));
      this.#part.copy(grown, 0, 0, this.#filled);
      this.#part = grown;
    }
    return needed <= PART_BYTES;
  }

  async #writeAcross(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      if (this.#filled === PART_BYTES) await this.#send();
      const size = bytes.copy(this.#part, this.#filled, at);
      this.#filled += size;
      at += size;
    }
  }

  /** Sends what is filled, once the part before has arrived, and goes on with that one's memory. */
  async #send(): Promise<void> {
    await this.#sending;
    const body = this.#part.subarray(0, this.#filled);
    this.#sending = this.#upload(body);
    // Its failure is thrown by the next wait for it; until then it must not count as unhandled.
    this.#sending.catch(() => undefined);
    [this.#part, this.#spare] = [this.#spare ?? Buffer.allocUnsafe(PART_BYTES), this.#part];
    this.#filled = 0;
  }

  async #upload(Body: Buffer): Promise<void> {
    this.#uploadId ??= (
      await s3().send(new CreateMultipartUploadCommand({ ...this.#target, ...this.#headers }))
    ).UploadId;
    const part = { PartNumber: this.#sent.length + 1, UploadId: this.#uploadId };
    const { ETag } = await s3().send(new UploadPartCommand({ ...this.#target, ...part, Body }));
    this.#sent.push({ PartNumber: part.PartNumber, ETag });
  }

  /** Ends the object and makes it visible. */
  async close(): Promise<void> {
    if (this.#sending === undefined) {
      const Body = this.#part.subarray(0, this.#filled);
      await s3().send(new PutObjectCommand({ ...this.#target, ...this.#headers, Body }));
      return;
    }
    if (this.#filled > 0) await this.#send();
    await this.#sending;
    const parts = { UploadId: this.#uploadId, MultipartUpload: { Parts: this.#sent } };
    await s3().send(new CompleteMultipartUploadCommand({ ...this.#target, ...parts }));
  }

  /** Gives the object up: nothing of it remains. */
  async abort(): Promise<void> {
    await this.#sending?.catch(() => undefined);
    const upload = { ...this.#target, UploadId: this.#uploadId };
    if (this.#uploadId !== undefined) await s3().send(new AbortMultipartUploadCommand(upload));
  }
}
