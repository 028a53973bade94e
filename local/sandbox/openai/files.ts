import { rmSync } from "node:fs";
import { join } from "node:path";
import { ApiError } from "../api-error.ts";
import type { StoredBatch } from "../batch.ts";
import type { EndedView } from "../batch-store.ts";
import { digest } from "../chance.ts";
import { type Call, type Reply, type Route, replyWith, route } from "../http.ts";
import { pageCursor, pageLimit } from "../paging.ts";
import type { Numbered, Records } from "../records.ts";
import type { Runner } from "../runner.ts";
import { expiresAfter } from "./create-params.ts";
import type { Dialect } from "./dialect.ts";
import { receiveUpload } from "./upload.ts";

/** A file as it is kept on disk. Times in Unix milliseconds. */
export interface StoredFile extends Numbered {
  created: number;
  expires: number | null;
  filename: string;
  bytes: number;
  purpose: string;
  path: string;
}

export interface FileDeps {
  files: Records<StoredFile>;
  clock: () => number;
  /** An id for the n-th record. */
  newId: (prefix: string, n: number) => string;
  maxBytes: number;
  /** What `purpose` an upload for batches has. */
  purpose: string;
  /** Seconds that an upload's `expires_after` may have; null: it may have none. */
  expiry: Dialect["fileExpiry"];
  /** The service's form of a file; default: OpenAI's. */
  body?: (file: StoredFile) => unknown;
  /** Makes the output files of batches that have ended visible. */
  publishEnded: () => Promise<void>;
}

/** `/files` of OpenAI's API. */
export function fileRoutes(deps: FileDeps): Route[] {
  const { files, clock, publishEnded, body = fileBody } = deps;
  async function find(id: string): Promise<StoredFile> {
    // An empty one may be the early name of results that are there by now.
    if (!files.get(id)?.bytes) await publishEnded();
    const file = files.get(id);
    if (!file || isExpired(file, clock()))
      throw new ApiError(404, `No such File object: ${id}`, { param: "id" });
    return file;
  }
  return [
    route("POST", "/files", "files.create", (call) => create(deps, call)),
    route("GET", "/files", "files.list", async ({ query }) => {
      await publishEnded();
      return listReply(deps, query);
    }),
    route("GET", "/files/:id", "files.retrieve", async ({ id }) => replyWith(body(await find(id)))),
    route("GET", "/files/:id/content", "files.content", async ({ id }) => {
      const { path, bytes } = await find(id);
      return { status: 200, file: { path, bytes, type: "application/octet-stream" } };
    }),
    route("DELETE", "/files/:id", "files.delete", async ({ id }) => {
      const file = await find(id);
      files.remove(id);
      rmSync(file.path, { force: true });
      return replyWith({ id, object: "file", deleted: true });
    }),
  ];
}

async function create(deps: FileDeps, { request }: Call): Promise<Reply> {
  const { files } = deps;
  const n = files.next();
  const id = deps.newId("file-", n);
  const path = join(files.folder(id), "content");
  try {
    const { filename, bytes, utf8, fields } = await receiveUpload(request, path, deps.maxBytes);
    const purpose = purposeOf(fields, deps.purpose);
    const forBatch = purpose === deps.purpose;
    if (forBatch && !filename.endsWith(".jsonl"))
      throw new ApiError(400, "Invalid file format for Batch API. Must be .jsonl");
    if (forBatch && !utf8) throw new ApiError(400, "Invalid file for Batch API. Must be utf-8 encoded");
    const created = deps.clock();
    const seconds =
      expirySeconds(fields, deps.expiry) ?? (forBatch && deps.expiry ? DEFAULT_EXPIRY_SECONDS : null);
    const expires = seconds === null ? null : created + seconds * 1000;
    const file: StoredFile = { id, n, created, expires, filename, bytes, purpose, path };
    files.save(file);
    return replyWith((deps.body ?? fileBody)(file));
  } catch (error) {
    files.remove(id);
    throw error;
  }
}

/** What an upload may be for, by the SDK's types. */
const PURPOSES = ["assistants", "batch", "fine-tune", "vision", "user_data", "evals"];

function purposeOf(fields: Map<string, string>, forBatches: string): string {
  const purpose = fields.get("purpose");
  if (purpose === undefined)
    throw new ApiError(400, "Missing required parameter: 'purpose'.", { param: "purpose" });
  if (purpose === forBatches || PURPOSES.includes(purpose)) return purpose;
  const known = PURPOSES.map((name) => `'${name}'`).join(", ");
  throw new ApiError(400, `'${purpose}' is not one of [${known}] - 'purpose'`, { param: "purpose" });
}

/** Files of the purpose `batch` go after 30 days unless the upload says otherwise. */
const DEFAULT_EXPIRY_SECONDS = 30 * 24 * 3600;

function expirySeconds(fields: Map<string, string>, allowed: FileDeps["expiry"]): number | null {
  const [anchor, given] = [fields.get("expires_after[anchor]"), fields.get("expires_after[seconds]")];
  if (anchor === undefined && given === undefined) return null;
  if (!allowed) throw new ApiError(400, "Unknown parameter: 'expires_after'.", { param: "expires_after" });
  const parsed = expiresAfter(allowed).safeParse({ anchor, seconds: Number(given) });
  if (parsed.success) return parsed.data.seconds;
  throw new ApiError(400, `Invalid 'expires_after': ${parsed.error.issues[0]?.message}.`, {
    param: "expires_after",
  });
}

export interface ResultsFile extends Pick<StoredFile, "path" | "bytes" | "created"> {
  kind: "output" | "error";
}

/** The two result files of a batch that has ended; one of them, or both, may be empty. */
export function resultFiles(runner: Runner, { batch, schedule, settled }: EndedView): ResultsFile[] {
  const { output, errors } = runner.resultPaths(batch, settled);
  const created = schedule.ended;
  return [
    { kind: "output", path: output, bytes: settled.output_bytes, created },
    { kind: "error", path: errors, bytes: settled.error_bytes, created },
  ];
}

/** Saves a file of results. `prefix`: how its id begins. @returns its id */
export function saveResults(
  { files }: Pick<FileDeps, "files">,
  { id: batch, fields }: StoredBatch,
  { kind, ...file }: ResultsFile,
  prefix = "",
): string {
  const keptFor = (fields["output_expires_after"] as { seconds: number } | undefined)?.seconds;
  const id = prefix + digest(kind, batch).slice(0, 24);
  files.folder(id);
  files.save({
    ...file,
    id,
    n: files.next(),
    expires: keptFor === undefined ? null : file.created + keptFor * 1000,
    filename: `${batch}_${kind}.jsonl`,
    purpose: "batch_output",
  });
  return id;
}

function isExpired({ expires }: StoredFile, now: number): boolean {
  return expires !== null && now >= expires;
}

function listReply({ files, clock, body = fileBody }: FileDeps, query: URLSearchParams): Reply {
  const limit = pageLimit(query, 10_000, 10_000);
  const purpose = query.get("purpose");
  const after = pageCursor(files, query, "after");
  const oldestFirst = query.get("order") === "asc";
  const listed = oldestFirst ? files.newestFirst().reverse() : files.newestFirst();
  const found = listed.filter(
    (file) =>
      !isExpired(file, clock()) &&
      (purpose === null || file.purpose === purpose) &&
      (after === null || (oldestFirst ? file.n > after : file.n < after)),
  );
  const page = found.slice(0, limit);
  const ends = { first_id: page[0]?.id ?? null, last_id: page.at(-1)?.id ?? null };
  const json = { object: "list", data: page.map(body), ...ends, has_more: found.length > limit };
  return replyWith({ ...json, total: found.length });
}

export function fileBody(file: StoredFile) {
  return {
    object: "file",
    id: file.id,
    purpose: file.purpose,
    filename: file.filename,
    bytes: file.bytes,
    created_at: Math.floor(file.created / 1000),
    expires_at: file.expires === null ? null : Math.floor(file.expires / 1000),
    status: "processed",
    status_details: null,
  };
}
