/** The port to the bucket. Behind it stands S3 (`s3-store.ts`), or files in the embedded engine. */
import type { Readable } from "node:stream";

export interface ObjectInfo {
  bytes: number;
  /** Changes with the object's content; without quotes. */
  etag: string;
  /** Undefined where the bucket has no versions. */
  version_id: string | undefined;
  /** User metadata; keys are lower case. */
  metadata: Record<string, string>;
}

/** Of which version of an object, which bytes. Default: all of the newest. */
export interface Part {
  version?: string;
  /** As in HTTP: `bytes=100-` or `bytes=0-99`. */
  range?: string;
  /** The object must still have this ETag. */
  etag?: string;
}

/** What is stored beside an object's bytes. */
export interface ObjectHeaders {
  contentType: string;
  metadata?: Record<string, string> | undefined;
}

/** An object under way. Its parts follow each other in the order of the calls, which may overlap. */
export interface Upload {
  append(bytes: Uint8Array): Promise<void>;
  /** Appends `bytes` bytes of another object, from byte `from` on. `whole`: it has no other bytes. */
  copy(key: string, from: number, bytes: number, whole: boolean): Promise<void>;
  /** Makes the object visible, whole, in place of what was under its key. It is on disk then. */
  complete(): Promise<void>;
  /** Gives it up: nothing of it remains. */
  abort(): Promise<void>;
}

export interface ObjectStore {
  /** Smallest part of an upload but the last, in bytes. */
  readonly minPartBytes: number;
  /** A good size for a part, in bytes: a writer holds two. */
  readonly partBytes: number;
  /** Milliseconds for which small writes are gathered into one put. A put to S3 costs money, one to a file next to nothing. */
  readonly gatherMs: number;
  /** Null when there is no such object. */
  head(key: string, version?: string): Promise<ObjectInfo | null>;
  /**
   * The body as a stream, which fails when bytes are missing.
   * @throws NoSuchObjectError, ObjectChangedError, RangeNotSatisfiableError
   */
  open(key: string, part: Part): Promise<Readable>;
  put(key: string, body: string | Uint8Array, headers: ObjectHeaders): Promise<void>;
  upload(key: string, headers: ObjectHeaders): Promise<Upload>;
  /** All keys that begin with `prefix`, in the order of their UTF-8 bytes, a page at a time. */
  list(prefix: string): AsyncGenerator<string[]>;
  /**
   * Holds room for what is paid for and must still be written. Only a store whose disk may become full has it.
   * @throws Error of a full disk
   */
  holdRoom?(): Room;
  /** Copies an object to a file of this machine. Only a store whose objects are on this machine has it. */
  copyTo?(key: string, path: string): Promise<void>;
}

/** Room that is held until it is released. */
export interface Room {
  release(): void;
}

/** There is no object under the key, or not in that version. */
export class NoSuchObjectError extends Error {
  override name = "NoSuchObjectError";
}

/** The object has another ETag by now than the one that was asked for. */
export class ObjectChangedError extends Error {
  override name = "ObjectChangedError";
}

/** The object ends before the range begins. */
export class RangeNotSatisfiableError extends Error {
  override name = "RangeNotSatisfiableError";
}

/** S3's smallest part: a writer holds two of each object. https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const S3_PART_BYTES = 5 * 1024 * 1024;
