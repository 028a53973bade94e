/** Together's upload: a POST names the file and is redirected to an address that takes its bytes by PUT. */
import { createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ApiError } from "../api-error.ts";
import { type Call, type Reply, type Route, replyWith, route } from "../http.ts";
import { type FileDeps, fileBody } from "../openai/files.ts";

/** Uploads that have no bytes yet, by their ids: the name and the purpose. */
type Pending = Map<string, { filename: string; purpose: string; n: number }>;

/** The routes that stand in for OpenAI's `POST /files`; `prefix` is the API's path. */
export function togetherUploadRoutes(deps: FileDeps, prefix: string): Route[] {
  const pending: Pending = new Map();
  return [
    route("POST", "/files", "files.create", async (call) => begin(deps, pending, prefix, call)),
    {
      ...route("PUT", "/uploads/:id", "files.upload", (call) => receive(deps, pending, call)),
      open: true,
    },
  ];
}

function begin(deps: FileDeps, pending: Pending, prefix: string, { query, origin }: Call): Reply {
  const [filename, type, purpose] = ["file_name", "file_type", "purpose"].map(
    (name) => query.get(name) ?? "",
  );
  if (!filename) throw new ApiError(400, "file_name is required", { param: "file_name" });
  if (type !== "jsonl") throw new ApiError(400, "file_type must be jsonl", { param: "file_type" });
  if (purpose !== deps.purpose) {
    throw new ApiError(400, `purpose must be ${deps.purpose}`, { param: "purpose" });
  }
  const n = deps.files.next();
  const id = deps.newId("file-", n);
  pending.set(id, { filename, purpose, n });
  const headers = { location: `${origin}${prefix}/uploads/${id}`, "x-together-file-id": id };
  return { status: 302, headers, json: {} };
}

async function receive({ files, clock, maxBytes }: FileDeps, pending: Pending, call: Call): Promise<Reply> {
  const upload = pending.get(call.id);
  if (!upload) throw new ApiError(404, "No such upload.");
  pending.delete(call.id);
  const path = join(files.folder(call.id), "content");
  try {
    await pipeline(call.request, atMost(maxBytes), createWriteStream(path));
  } catch (error) {
    files.remove(call.id);
    throw error;
  }
  const { bytes, created } = { bytes: (await stat(path)).size, created: clock() };
  const file = { id: call.id, created, expires: null, bytes, path, ...upload };
  files.save(file);
  return replyWith(fileBody(file));
}

function atMost(maxBytes: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > maxBytes) done(new ApiError(400, `File is too large: the limit is ${maxBytes} bytes.`));
      else done(null, chunk);
    },
  });
}
