/** S3 as the object store. */
import { PassThrough, pipeline, type Readable, Transform } from "node:stream";
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { S3_CLIENT } from "../aws-client.ts";
import { required } from "../environment.ts";
import { ENV } from "../names.ts";
import {
  NoSuchObjectError,
  ObjectChangedError,
  type ObjectHeaders,
  type ObjectStore,
  RangeNotSatisfiableError,
  S3_PART_BYTES,
  type Upload,
} from "./port.ts";

/** As far as this file uses a client: a test brings one of its own. */
export type S3 = Pick<S3Client, "send">;

/** The bucket that the environment names. A client's endpoint and region come from the AWS environment variables. */
export function s3Store(s3: S3 = unsignedBodies(new S3Client(S3_CLIENT))): ObjectStore {
  const at = (Key: string) => ({ Bucket: required(ENV.bucket), Key });
  return {
    minPartBytes: S3_PART_BYTES,
    partBytes: S3_PART_BYTES,
    gatherMs: 500,

    async head(key, VersionId) {
      try {
        const head = await s3.send(new HeadObjectCommand({ ...at(key), VersionId }));
        return {
          bytes: head.ContentLength ?? 0,
          etag: (head.ETag ?? "").replaceAll('"', ""),
          version_id: head.VersionId === "null" ? undefined : head.VersionId,
          metadata: head.Metadata ?? {},
        };
      } catch (error) {
        if (isNamed(error, "NotFound")) return null;
        throw error;
      }
    },

    async open(key, { version, range, etag }) {
      const IfMatch = etag && `"${etag}"`;
      try {
        const { Body, ContentLength } = await s3.send(
          new GetObjectCommand({ ...at(key), VersionId: version, Range: range, IfMatch }),
        );
        return whole(key, Body as Readable, ContentLength);
      } catch (error) {
        throw translated(error, key);
      }
    },

    async put(key, Body, headers) {
      await s3.send(new PutObjectCommand({ ...at(key), ...fields(headers), Body }));
    },

    async upload(key, headers) {
      const { UploadId } = await s3.send(
        new CreateMultipartUploadCommand({ ...at(key), ...fields(headers) }),
      );
      return new S3Upload(s3, { ...at(key), UploadId });
    },

    async *list(Prefix) {
      let ContinuationToken: string | undefined;
      do {
        const page = await s3.send(
          new ListObjectsV2Command({ Bucket: required(ENV.bucket), Prefix, ContinuationToken }),
        );
        yield (page.Contents ?? []).flatMap(({ Key }) => Key ?? []);
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken !== undefined);
    },
  };
}

/**
 * Leaves a body's SHA-256 out of the signature, as AWS's SDKs do for streams. Its CRC-32, which the SDK sends, is signed, and
 * hashing takes a tenth of a step's CPU. https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
function unsignedBodies(client: S3Client): S3Client {
  client.middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as { headers: Record<string, string> };
      headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD";
      return next(args);
    },
    { step: "build", name: "unsignedBodies" },
  );
  return client;
}

/** A multipart upload. The caller keeps to S3's sizes of parts. */
class S3Upload implements Upload {
  readonly #s3: S3;
  readonly #target: { Bucket: string; Key: string; UploadId: string | undefined };
  readonly #parts: CompletedPart[] = [];

  constructor(s3: S3, target: { Bucket: string; Key: string; UploadId: string | undefined }) {
    this.#s3 = s3;
    this.#target = target;
  }

  async append(Body: Uint8Array): Promise<void> {
    const part = this.#next();
    const { PartNumber } = part;
    part.ETag = (await this.#s3.send(new UploadPartCommand({ ...this.#target, PartNumber, Body }))).ETag;
  }

  async copy(key: string, from: number, bytes: number, isWhole: boolean): Promise<void> {
    const part = this.#next();
    const answer = await this.#s3.send(
      new UploadPartCopyCommand({
        ...this.#target,
        PartNumber: part.PartNumber,
        CopySource: `${this.#target.Bucket}/${encodeURI(key)}`,
        // A range may only be copied out of an object larger than 5 MiB: https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
        CopySourceRange: isWhole ? undefined : `bytes=${from}-${from + bytes - 1}`,
      }),
    );
    part.ETag = answer.CopyPartResult?.ETag;
  }

  async complete(): Promise<void> {
    const MultipartUpload = { Parts: this.#parts };
    await this.#s3.send(new CompleteMultipartUploadCommand({ ...this.#target, MultipartUpload }));
  }

  async abort(): Promise<void> {
    await this.#s3.send(new AbortMultipartUploadCommand(this.#target));
  }

  #next(): CompletedPart {
    const part: CompletedPart = { PartNumber: this.#parts.length + 1 };
    this.#parts.push(part);
    return part;
  }
}

function fields({ contentType, metadata }: ObjectHeaders) {
  return { ContentType: contentType, Metadata: metadata };
}

/**
 * The body, read from now on: a connection that breaks before the first read may never be reported. It fails when it has not
 * as many bytes as S3 announced.
 */
function whole(key: string, body: Readable, due: number | undefined): Readable {
  let bytes = 0;
  const checked =
    due === undefined
      ? new PassThrough()
      : new Transform({
          transform(chunk: Buffer, _encoding, done) {
            bytes += chunk.length;
            done(null, chunk);
          },
          flush(done) {
            done(bytes === due ? null : new Error(`${key}: ${bytes} bytes of ${due} came from S3`));
          },
        });
  // A failure before anyone reads is kept for the reader; without a listener it would end the process.
  checked.on("error", () => {});
  pipeline(body, checked, () => {});
  return checked;
}

const isNamed = (error: unknown, name: string) => error instanceof S3ServiceException && error.name === name;

function translated(error: unknown, key: string): unknown {
  const cause = { cause: error };
  if (isNamed(error, "NoSuchKey")) return new NoSuchObjectError(`there is no object ${key}`, cause);
  if (isNamed(error, "PreconditionFailed")) return new ObjectChangedError(`${key} has changed`, cause);
  if (isNamed(error, "InvalidRange")) return new RangeNotSatisfiableError(`${key} ends before that`, cause);
  return error;
}
