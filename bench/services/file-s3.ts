/**
 * A small S3 whose objects lie in files: GET with ranges, HEAD, PUT, multipart uploads, server-side
 * copies and listings, streamed; tags are taken and forgotten. It checks no signature and forgets its objects with its process.
 */
import { createReadStream, createWriteStream } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** Bytes of a file: an object is a list of these, so that a copy of parts copies nothing. */
interface Segment {
  path: string;
  start: number;
  bytes: number;
}

interface StoredObject {
  segments: Segment[];
  bytes: number;
  etag: string;
  /** `content-type` and `x-amz-meta-*`, as they came. */
  headers: Record<string, string>;
}

interface MultipartUpload {
  key: string;
  headers: Record<string, string>;
  parts: Map<number, Segment[]>;
}

/** The server, not yet listening, and how many requests of each kind came to it. */
export interface FileS3 {
  server: Server;
  /** By S3's own name of the operation. */
  counts: Record<string, number>;
}

/** An S3 that keeps its bytes in `dir`. */
export function fileS3(dir: string): FileS3 {
  const store = new Store(dir);
  const server = createServer((request, response) => {
    store.serve(request, response).catch((error: unknown) => {
      if (!response.headersSent) refuse(response, 500, "InternalError", String(error));
      response.destroy();
    });
  });
  return { server, counts: store.counts };
}

class Store {
  readonly counts: Record<string, number> = {};
  readonly #dir: string;
  readonly #objects = new Map<string, StoredObject>();
  readonly #uploads = new Map<string, MultipartUpload>();
  #serial = 0;

  constructor(dir: string) {
    this.#dir = dir;
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    const key = decodeURIComponent(url.pathname);
    const uploadId = url.searchParams.get("uploadId");
    const part = url.searchParams.get("partNumber");
    const count = (operation: string) => {
      this.counts[operation] = (this.counts[operation] ?? 0) + 1;
    };
    if (request.headers["content-encoding"] === "aws-chunked") {
      refuse(response, 501, "NotImplemented", "aws-chunked bodies");
    } else if (request.method === "GET" && url.searchParams.has("list-type")) {
      count("ListObjectsV2");
      this.#list(key, url.searchParams.get("prefix") ?? "", response);
    } else if (request.method === "GET" || request.method === "HEAD") {
      count(request.method === "GET" ? "GetObject" : "HeadObject");
      await this.#get(key, request, response);
    } else if (request.method === "PUT" && uploadId !== null && part !== null) {
      count(request.headers["x-amz-copy-source"] ? "UploadPartCopy" : "UploadPart");
      await this.#putPart(uploadId, Number(part), request, response);
    } else if (request.method === "PUT") {
      count("PutObject");
      this.#keep(key, [await this.#receive(request)], headersOf(request));
      response.writeHead(200, { etag: this.#objects.get(key)?.etag }).end();
    } else if (request.method === "POST" && url.searchParams.has("uploads")) {
      count("CreateMultipartUpload");
      const id = `upload-${++this.#serial}`;
      this.#uploads.set(id, { key, headers: headersOf(request), parts: new Map() });
      xml(
        response,
        200,
        `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
      );
    } else if (request.method === "POST" && uploadId !== null) {
      count("CompleteMultipartUpload");
      request.resume();
      this.#complete(uploadId, response);
    } else if (request.method === "DELETE" && uploadId !== null) {
      count("AbortMultipartUpload");
      this.#uploads.delete(uploadId);
      response.writeHead(204).end();
    } else {
      refuse(response, 501, "NotImplemented", `${request.method} ${request.url}`);
    }
  }

  /** In one page, whatever its length: S3's have 1,000 keys. */
  #list(path: string, prefix: string, response: ServerResponse): void {
    const bucket = `${path.replace(/\/$/, "")}/`;
    const keys = [...this.#objects.keys()].filter((key) => key.startsWith(bucket + prefix));
    const contents = keys.map((key) => `<Contents><Key>${key.slice(bucket.length)}</Key></Contents>`);
    xml(response, 200, `<ListBucketResult>${contents.join("")}</ListBucketResult>`);
  }

  async #get(key: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const object = this.#objects.get(key);
    if (!object) return refuse(response, 404, "NoSuchKey", key);
    const { start, bytes, partial } = rangeOf(request.headers.range, object.bytes);
    response.writeHead(partial ? 206 : 200, {
      ...object.headers,
      etag: object.etag,
      "content-length": bytes,
      "accept-ranges": "bytes",
      ...(partial ? { "content-range": `bytes ${start}-${start + bytes - 1}/${object.bytes}` } : {}),
    });
    if (request.method === "HEAD") response.end();
    // A client that stops reading half-way is no error.
    else
      await pipeline(Readable.from(read(slice(object.segments, start, bytes))), response).catch(
        () => undefined,
      );
  }

  async #putPart(
    id: string,
    part: number,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const upload = this.#uploads.get(id);
    if (!upload) return refuse(response, 404, "NoSuchUpload", id);
    const etag = `"${id}-${part}"`;
    const source = request.headers["x-amz-copy-source"];
    if (typeof source !== "string") {
      upload.parts.set(part, [await this.#receive(request)]);
      response.writeHead(200, { etag }).end();
      return;
    }
    const copied = this.#objects.get(`/${decodeURIComponent(source).replace(/^\//, "")}`);
    if (!copied) return refuse(response, 404, "NoSuchKey", source);
    const { start, bytes } = rangeOf(String(request.headers["x-amz-copy-source-range"] ?? ""), copied.bytes);
    upload.parts.set(part, slice(copied.segments, start, bytes));
    xml(response, 200, `<CopyPartResult><ETag>${etag}</ETag></CopyPartResult>`);
  }

  #complete(id: string, response: ServerResponse): void {
    const upload = this.#uploads.get(id);
    if (!upload) {
      refuse(response, 404, "NoSuchUpload", id);
      return;
    }
    const parts = [...upload.parts].sort(([a], [b]) => a - b).map(([, segments]) => segments);
    this.#keep(upload.key, parts.flat(), upload.headers);
    this.#uploads.delete(id);
    xml(response, 200, `<CompleteMultipartUploadResult><ETag>"${id}"</ETag></CompleteMultipartUploadResult>`);
  }

  async #receive(request: IncomingMessage): Promise<Segment> {
    const path = join(this.#dir, String(++this.#serial));
    const file = createWriteStream(path);
    await pipeline(request, file);
    return { path, start: 0, bytes: file.bytesWritten };
  }

  #keep(key: string, segments: Segment[], headers: Record<string, string>): void {
    const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
    this.#objects.set(key, { segments, bytes, etag: `"${++this.#serial}"`, headers });
  }
}

function headersOf(request: IncomingMessage): Record<string, string> {
  const kept = Object.entries(request.headers).filter(([name]) =>
    /^(content-type|x-amz-meta-.*)$/.test(name),
  );
  return Object.fromEntries(kept.map(([name, value]) => [name, String(value)]));
}

function rangeOf(
  header: string | undefined,
  total: number,
): { start: number; bytes: number; partial: boolean } {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(header ?? "") ?? [];
  if (first === undefined) return { start: 0, bytes: total, partial: false };
  const end = last ? Math.min(Number(last), total - 1) : total - 1;
  return { start: Number(first), bytes: end - Number(first) + 1, partial: true };
}

function slice(segments: Segment[], start: number, bytes: number): Segment[] {
  const taken: Segment[] = [];
  let skip = start;
  let left = bytes;
  for (const segment of segments) {
    const from = Math.min(skip, segment.bytes);
    const length = Math.min(segment.bytes - from, left);
    if (length > 0) taken.push({ path: segment.path, start: segment.start + from, bytes: length });
    skip -= from;
    left -= length;
  }
  return taken;
}

async function* read(segments: Segment[]): AsyncGenerator<Buffer> {
  for (const { path, start, bytes } of segments) {
    if (bytes > 0)
      yield* createReadStream(path, { start, end: start + bytes - 1, highWaterMark: 256 * 1024 });
  }
}

function xml(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { "content-type": "application/xml" });
  response.end(`<?xml version="1.0" encoding="UTF-8"?>\n${body}`);
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  xml(response, status, `<Error><Code>${code}</Code><Message>${message}</Message></Error>`);
}
