/** S3 in memory, at the level of the client's commands. One bucket, with versions. */
import { hash } from "node:crypto";
import { Readable } from "node:stream";
import { NoSuchKey, NotFound, S3ServiceException } from "@aws-sdk/client-s3";
import { call } from "./calls.ts";
import { lossy } from "./lossy.ts";
import type { Command } from "./table.ts";
import type { World } from "./world.ts";

/** One version of an object. */
interface StoredObject {
  bytes: Buffer;
  /** Made when somebody asks: a hash of large objects is dear. */
  etag?: string;
  version: string;
  metadata: Record<string, string>;
}

interface Input {
  Key: string;
  Prefix?: string;
  ContinuationToken?: string;
  VersionId?: string;
  Range?: string;
  IfMatch?: string;
  Body?: string | Uint8Array;
  Metadata?: Record<string, string>;
  UploadId?: string;
  PartNumber?: number;
  CopySource?: string;
  CopySourceRange?: string;
  MultipartUpload?: { Parts: { PartNumber: number; ETag: string }[] };
}

/** S3: every part but the last has at least 5 MiB. */
const MIN_PART = 5 * 1024 * 1024;

/** Objects of a page of a listing: few, so that jobs have several. */
const PAGE = 5;

/** The one bucket. */
export class SimulatedBucket {
  readonly #objects = new Map<string, StoredObject[]>();
  /** Multipart uploads that are neither completed nor aborted. */
  readonly uploads = new Map<
    string,
    { key: string; metadata: Record<string, string>; parts: Map<number, Buffer> }
  >();
  #count = 0;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Stands for the S3 client's `send`. */
  send(command: Command): Promise<object> {
    const input = command.input as Input;
    const name = `bucket.${command.constructor.name.replace("Command", "")} ${input.Key ?? input.Prefix}`;
    const slowDown = () =>
      new S3ServiceException({
        name: "SlowDown",
        message: "Please reduce your request rate.",
        $fault: "server",
        $metadata: { httpStatusCode: 503 },
      });
    return call(this.#world, name, () =>
      lossy(this.#world, "bucket", slowDown, () => this.act(command.constructor.name, input)),
    );
  }

  /** Puts an object from outside, as a user does. @returns its version */
  put(key: string, bytes: Buffer, metadata: Record<string, string> = {}): string {
    const version = `v${++this.#count}`;
    this.#objects.set(key, [...(this.#objects.get(key) ?? []), { bytes, version, metadata }]);
    return version;
  }

  /** The text of an object as it now is, or null. */
  text(key: string): string | null {
    return this.#objects.get(key)?.at(-1)?.bytes.toString("utf8") ?? null;
  }

  /** What S3 does when a call arrives. */
  act(command: string, input: Input): object {
    switch (command) {
      case "HeadObjectCommand":
        return this.#head(input);
      case "GetObjectCommand":
        return this.#get(input);
      case "PutObjectCommand":
        return { VersionId: this.put(input.Key, Buffer.from(input.Body ?? ""), input.Metadata) };
      case "CreateMultipartUploadCommand": {
        const UploadId = `upload-${++this.#count}`;
        this.uploads.set(UploadId, { key: input.Key, metadata: input.Metadata ?? {}, parts: new Map() });
        return { UploadId };
      }
      case "UploadPartCommand":
        return { ETag: this.#part(input, Buffer.from(input.Body ?? "")) };
      case "UploadPartCopyCommand":
        return { CopyPartResult: { ETag: this.#part(input, this.#copied(input)) } };
      case "CompleteMultipartUploadCommand":
        return this.#complete(input);
      case "AbortMultipartUploadCommand":
        this.uploads.delete(input.UploadId ?? "");
        return {};
      case "ListObjectsV2Command":
        return this.#list(input);
      default:
        throw new Error(`the simulated bucket does not know ${command}`);
    }
  }

  #list({ Prefix = "", ContinuationToken = "" }: Input): object {
    const keys = [...this.#objects.keys()].sort(byBytes);
    const left = keys.filter((key) => key.startsWith(Prefix) && byBytes(key, ContinuationToken) > 0);
    const page = left.slice(0, PAGE);
    return {
      Contents: page.map((Key) => ({ Key })),
      ...(left.length > PAGE && { IsTruncated: true, NextContinuationToken: page.at(-1) }),
    };
  }

  #find({ Key, VersionId }: Input): StoredObject | undefined {
    const versions = this.#objects.get(Key);
    return VersionId ? versions?.find(({ version }) => version === VersionId) : versions?.at(-1);
  }

  #head(input: Input): object {
    const found = this.#find(input);
    if (!found) throw new NotFound({ message: "NotFound", $metadata: { httpStatusCode: 404 } });
    const { bytes, version, metadata } = found;
    return { ContentLength: bytes.length, ETag: etagOf(found), VersionId: version, Metadata: metadata };
  }

  #get(input: Input): object {
    const found = this.#find(input);
    if (!found)
      throw new NoSuchKey({
        message: "The specified key does not exist.",
        $metadata: { httpStatusCode: 404 },
      });
    if (input.IfMatch !== undefined && input.IfMatch !== etagOf(found))
      throw new S3ServiceException({
        name: "PreconditionFailed",
        $fault: "client",
        $metadata: { httpStatusCode: 412 },
      });
    const bytes = input.Range ? slice(found.bytes, input.Range) : found.bytes;
    const body = this.#body(input.Key, bytes);
    const transformToString = async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of body) chunks.push(chunk);
      return Buffer.concat(chunks).toString("utf8");
    };
    const end = {
      ContentLength: bytes.length,
      ...(input.Range && { ContentRange: rangeOf(found.bytes, input.Range) }),
    };
    return { Body: Object.assign(body, { transformToString }), ...end };
  }

  /** A download, whole or in a few pieces, cut anywhere: characters and lines are torn apart. */
  #body(key: string, bytes: Buffer): Readable {
    const world = this.#world;
    const run = world.runs.getStore();
    const cutAt = world.faults.strikes("bucket read cut") ? world.between(0, bytes.length) : null;
    const whole = world.between(0, 3) > 0;
    async function* pieces() {
      for (let from = 0; from < bytes.length; ) {
        const to = Math.min(
          bytes.length,
          cutAt ?? bytes.length,
          whole ? bytes.length : from + world.between(1, 1 + Math.ceil(bytes.length / 2)),
        );
        // The stream may be read from a timer, outside of the run.
        const read = () => call(world, `bucket.read ${key}`, () => bytes.subarray(from, to));
        yield await (run ? world.runs.run(run, read) : read());
        from = to;
        if (cutAt !== null && from >= cutAt)
          throw Object.assign(new Error("aborted"), { code: "ECONNRESET" });
      }
    }
    return Readable.from(pieces(), { objectMode: false });
  }

  #part({ UploadId = "", PartNumber = 0 }: Input, bytes: Buffer): string {
    const upload = this.uploads.get(UploadId);
    if (!upload) throw noSuchUpload();
    upload.parts.set(PartNumber, bytes);
    return `"part-${PartNumber}-${bytes.length}"`;
  }

  #copied({ CopySource = "", CopySourceRange = "" }: Input): Buffer {
    const key = decodeURI(CopySource).slice(CopySource.indexOf("/") + 1);
    const { bytes } = this.#find({ Key: key }) as StoredObject;
    return CopySourceRange ? slice(bytes, CopySourceRange) : bytes;
  }

  #complete({ UploadId = "", Key, MultipartUpload }: Input): object {
    const upload = this.uploads.get(UploadId);
    if (!upload || upload.key !== Key) throw noSuchUpload();
    const parts = (MultipartUpload?.Parts ?? []).map(
      ({ PartNumber }) => upload.parts.get(PartNumber) as Buffer,
    );
    if (parts.slice(0, -1).some((part) => part.length < MIN_PART)) {
      throw new S3ServiceException({ name: "EntityTooSmall", $fault: "client", $metadata: {} });
    }
    this.uploads.delete(UploadId);
    return { VersionId: this.put(Key, Buffer.concat(parts), upload.metadata) };
  }
}

function etagOf(object: StoredObject): string {
  object.etag ??= `"${hash("md5", object.bytes)}"`;
  return object.etag;
}

/** S3 lists keys in the order of their UTF-8 bytes. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function slice(bytes: Buffer, range: string): Buffer {
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(range) ?? [];
  if (from === undefined || Number(from) >= bytes.length) {
    throw new S3ServiceException({
      name: "InvalidRange",
      $fault: "client",
      $metadata: { httpStatusCode: 416 },
    });
  }
  return bytes.subarray(Number(from), to ? Number(to) + 1 : undefined);
}

function rangeOf({ length }: Buffer, range: string): string {
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(range) ?? [];
  return `bytes ${from}-${Math.min(Number(to || length), length - 1)}/${length}`;
}

function noSuchUpload(): Error {
  return new S3ServiceException({
    name: "NoSuchUpload",
    $fault: "client",
    $metadata: { httpStatusCode: 404 },
  });
}
