/** A small S3 inside the sandbox, for Bedrock's requests and results: put, get with a range, head, delete, list. */
import { createHash } from "node:crypto";
import {
  createWriteStream,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { decodedOr } from "../../../shared/decoded.ts";
import { makeFolders } from "../../make-folders.ts";
import { ApiError } from "../api-error.ts";
import { bodyChunks, type Reply } from "../http.ts";
import { checkSignature } from "../sigv4.ts";
import { unchunked } from "./aws-chunked.ts";

/** Where it is on the sandbox's server: for `AWS_ENDPOINT_URL_S3`. */
export const S3_PREFIX = "/s3";

interface StoredObject {
  bucket: string;
  key: string;
  bytes: number;
  etag: string;
}

/** Objects by bucket and key, each a file under the hash of both. A bucket is there as soon as it is named. */
export class Buckets {
  readonly #dir: string;
  readonly #objects = new Map<string, StoredObject>();
  #serial = 0;

  constructor(dir: string) {
    this.#dir = dir;
    for (const name of existsSync(dir) ? readdirSync(dir) : []) {
      if (name.endsWith(".json"))
        this.#objects.set(name.slice(0, -".json".length), JSON.parse(readFileSync(join(dir, name), "utf8")));
      // What was not put as a whole.
      else if (name.endsWith(".new")) rmSync(join(dir, name), { force: true });
    }
  }

  /** Answers one call, by the path behind `S3_PREFIX`. Errors are S3's. */
  async handle(request: IncomingMessage, { pathname, searchParams }: URL): Promise<Reply> {
    try {
      checkSignature(request, "s3");
      const [, bucket = "", key = ""] = /^\/([^/]*)\/?(.*)$/.exec(pathname.slice(S3_PREFIX.length)) ?? [];
      return await this.#answer(request, bucket, decodedOr(key, key), searchParams);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return refusal(error.status, "AccessDenied", error.message);
    }
  }

  async #answer(
    request: IncomingMessage,
    bucket: string,
    key: string,
    query: URLSearchParams,
  ): Promise<Reply> {
    const { method } = request;
    if (query.has("uploads") || query.has("uploadId"))
      return refusal(501, "NotImplemented", "The sandbox's S3 takes objects in one piece.");
    if (key === "") {
      if (method === "GET") return this.#list(bucket, query.get("prefix") ?? "");
      return { status: method === "PUT" || method === "HEAD" ? 200 : 501, xml: "" };
    }
    const id = createHash("sha256").update(`${bucket}\n${key}`).digest("hex");
    if (method === "PUT") return this.#put(request, id, bucket, key);
    if (method === "DELETE") {
      this.#objects.delete(id);
      for (const end of ["data", "json"]) rmSync(join(this.#dir, `${id}.${end}`), { force: true });
      return { status: 204, xml: "" };
    }
    const found = this.#objects.get(id);
    if (!found) return s3Refusal(404);
    const headers = { etag: found.etag, "accept-ranges": "bytes" };
    if (method === "HEAD")
      return { status: 200, headers: { ...headers, "content-length": String(found.bytes) }, xml: "" };
    const file = { path: join(this.#dir, `${id}.data`), bytes: found.bytes, type: "binary/octet-stream" };
    return { status: 200, headers, file };
  }

  async #put(request: IncomingMessage, id: string, bucket: string, key: string): Promise<Reply> {
    makeFolders(this.#dir);
    const path = join(this.#dir, `${++this.#serial}.new`);
    const isChunked = String(request.headers["content-encoding"] ?? "").includes("aws-chunked");
    const hash = createHash("md5");
    let bytes = 0;
    async function* counted() {
      const body = bodyChunks(request);
      for await (const chunk of isChunked ? unchunked(body) : body) {
        bytes += chunk.length;
        hash.update(chunk);
        yield chunk;
      }
    }
    await pipeline(counted, createWriteStream(path));
    renameSync(path, join(this.#dir, `${id}.data`));
    const etag = `"${hash.digest("hex")}"`;
    const object: StoredObject = { bucket, key, bytes, etag };
    writeFileSync(join(this.#dir, `${id}.json`), JSON.stringify(object));
    this.#objects.set(id, object);
    return { status: 200, headers: { etag }, xml: "" };
  }

  /** In one page, whatever its length. */
  #list(bucket: string, prefix: string): Reply {
    const found = [...this.#objects.values()]
      .filter((object) => object.bucket === bucket && object.key.startsWith(prefix))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ key, bytes }) => `<Contents><Key>${escaped(key)}</Key><Size>${bytes}</Size></Contents>`);
    const xml = `<ListBucketResult><KeyCount>${found.length}</KeyCount>${found.join("")}</ListBucketResult>`;
    return { status: 200, xml };
  }
}

/** What S3 answers in place of an object. */
export const s3Refusal = (status: number) =>
  status === 404
    ? refusal(status, "NoSuchKey", "The specified key does not exist.")
    : refusal(status, status >= 500 ? "InternalError" : "AccessDenied", `Injected fault: HTTP ${status}.`);

function refusal(status: number, code: string, message: string): Reply {
  return { status, xml: `<Error><Code>${code}</Code><Message>${escaped(message)}</Message></Error>` };
}

const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
