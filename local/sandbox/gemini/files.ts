/** Gemini's files: a resumable upload, and downloads. */
import { createWriteStream, existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { ApiError } from "../api-error.ts";
import { digest } from "../chance.ts";
import { type Call, type Reply, type Route, readJson, replyWith, route } from "../http.ts";
import type { Numbered, Records } from "../records.ts";

/** A file as it is kept on disk. Times in Unix milliseconds. */
export interface GeminiFile extends Numbered {
  created: number;
  displayName: string;
  mimeType: string;
  bytes: number;
  path: string;
}

export interface FileDeps {
  prefix: string;
  files: Records<GeminiFile>;
  clock: () => number;
  newId: (prefix: string, n: number) => string;
  /** Makes the results of batches that have ended visible. */
  publishEnded: () => Promise<void>;
}

/** Versions of the API: SDKs differ in the one that they call. */
export const VERSIONS = ["v1beta", "v1"];

/** Bytes of one file, and how long it lives in milliseconds: https://ai.google.dev/gemini-api/docs/files */
const MAX_BYTES = 2 * 1024 ** 3;
const LIFETIME = 48 * 3600 * 1000;

interface Session {
  id: string;
  n: number;
  displayName: string;
  mimeType: string;
  received: number;
}

export function fileRoutes(deps: FileDeps): Route[] {
  const { files, clock } = deps;
  const sessions = new Map<string, Session>();
  async function find(id: string): Promise<GeminiFile> {
    if (!files.get(id)) await deps.publishEnded();
    const file = files.get(id);
    if (file && clock() < file.created + LIFETIME) return file;
    throw new ApiError(403, `You do not have permission to access the File ${id} or it may not exist.`);
  }
  const download = async ({ id }: Call): Promise<Reply> => {
    const { path, bytes } = await find(id);
    return { status: 200, file: { path, bytes, type: "application/jsonl" } };
  };
  return VERSIONS.flatMap((version): Route[] => [
    route("POST", `/upload/${version}/files`, "files.create", (call) => begin(deps, sessions, version, call)),
    {
      ...route("POST", `/upload/${version}/sessions/:id`, "files.upload", (call) =>
        receive(deps, sessions, call),
      ),
      open: true,
    },
    route("GET", `/${version}/files`, "files.list", async () =>
      replyWith({ files: files.newestFirst().map(fileBody) }),
    ),
    route("GET", `/download/${version}/files/:id:download`, "files.content", download),
    route("GET", `/${version}/files/:id:download`, "files.content", download),
    route("GET", `/${version}/files/:id`, "files.retrieve", async ({ id }) =>
      replyWith(fileBody(await find(id))),
    ),
    route("DELETE", `/${version}/files/:id`, "files.delete", async ({ id }) => {
      await find(id);
      files.remove(id);
      return replyWith({});
    }),
  ]);
}

async function begin(
  deps: FileDeps,
  sessions: Map<string, Session>,
  version: string,
  { request, origin }: Call,
): Promise<Reply> {
  const { headers } = request;
  if (headers["x-goog-upload-protocol"] !== "resumable" || headers["x-goog-upload-command"] !== "start") {
    throw new ApiError(400, "The sandbox takes resumable uploads only: X-Goog-Upload-Protocol: resumable.");
  }
  const size = Number(headers["x-goog-upload-header-content-length"] ?? 0);
  if (size > MAX_BYTES) throw new ApiError(400, `File is too large: the limit is ${MAX_BYTES} bytes.`);
  const { file } = (await readJson(request)) as { file?: { displayName?: string; display_name?: string } };
  const n = deps.files.next();
  const id = deps.newId("", n).toLowerCase();
  const mimeType = headers["x-goog-upload-header-content-type"]?.toString() ?? "application/octet-stream";
  const displayName = file?.displayName ?? file?.display_name ?? "";
  sessions.set(id, { id, n, displayName, mimeType, received: 0 });
  const url = `${origin}${deps.prefix}/upload/${version}/sessions/${id}`;
  return { status: 200, headers: { "x-goog-upload-url": url, "x-goog-upload-status": "active" }, json: {} };
}

/** Takes the bytes of one chunk, which follow the last one's. */
async function receive(deps: FileDeps, sessions: Map<string, Session>, call: Call): Promise<Reply> {
  const { files, clock } = deps;
  const { headers } = call.request;
  const session = sessions.get(call.id);
  if (!session) throw new ApiError(404, "No such upload.");
  const commands = String(headers["x-goog-upload-command"] ?? "").split(/,\s*/);
  const path = join(files.folder(call.id), "content");
  const known = existsSync(path) ? (await stat(path)).size : 0;
  if (commands.includes("query")) return active(known);
  if (commands.includes("upload")) {
    const offset = Number(headers["x-goog-upload-offset"] ?? 0);
    if (offset !== known) throw new ApiError(400, `The upload continues at byte ${known}, not at ${offset}.`);
    await pipeline(call.request, createWriteStream(path, { flags: "a" }));
  }
  const { size } = await stat(path);
  if (!commands.includes("finalize")) return active(size);
  sessions.delete(call.id);
  const { id, n, displayName, mimeType } = session;
  const file: GeminiFile = { id, n, displayName, mimeType, bytes: size, path, created: clock() };
  files.save(file);
  return { status: 200, headers: { "x-goog-upload-status": "final" }, json: { file: fileBody(file) } };
}

function active(bytes: number): Reply {
  const headers = { "x-goog-upload-status": "active", "x-goog-upload-size-received": String(bytes) };
  return { status: 200, headers, json: {} };
}

/** Google's form of a file; numbers of 64 bits are text. */
function fileBody({ id, created, displayName, mimeType, bytes }: GeminiFile) {
  const time = new Date(created).toISOString();
  return {
    name: `files/${id}`,
    displayName,
    mimeType,
    sizeBytes: String(bytes),
    createTime: time,
    updateTime: time,
    expirationTime: new Date(created + LIFETIME).toISOString(),
    sha256Hash: Buffer.from(digest(id)).toString("base64"),
    uri: `https://generativelanguage.googleapis.com/v1beta/files/${id}`,
    state: "ACTIVE",
    source: "UPLOADED",
  };
}
