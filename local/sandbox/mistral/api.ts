import { join } from "node:path";
import type { ApiSettings, SandboxApi } from "../api-settings.ts";
import { openBatches, publishAll } from "../batch-store.ts";
import { type Api, bearerOf } from "../http.ts";
import { ModelNames } from "../model-names.ts";
import { checkBearer } from "../openai/api.ts";
import { type FileDeps, fileRoutes, type StoredFile } from "../openai/files.ts";
import { checkRealtime, rateLimitHeaders, realtimeRoutes, refuse } from "../openai/realtime.ts";
import { realtimeOf } from "../realtime.ts";
import { openRecords } from "../records.ts";
import { ENDPOINTS, jobRoutes, jobView } from "./jobs.ts";
import { mistralProtocol } from "./protocol.ts";

/** Bytes of one file for batches: https://docs.mistral.ai/capabilities/batch/ */
const MAX_FILE_BYTES = 512 * 1024 * 1024;

/** Mistral's files and batch jobs, and one request in real time. */
export function mistralApi(settings: ApiSettings): SandboxApi {
  const { provider, prefix, dir, clock, newId, keys } = settings;
  const models = new ModelNames(settings.models === "any" ? null : "mistral");
  const files = openRecords<StoredFile>(join(dir, "files"));
  const store = openBatches(settings, mistralProtocol);
  const jobs = { ...store, files, models };
  const fileDeps: FileDeps = {
    files,
    clock,
    newId,
    maxBytes: MAX_FILE_BYTES,
    purpose: "batch",
    expiry: null,
    body: fileBody,
    publishEnded: () => publishAll(store, (batch) => jobView(jobs, batch)),
  };
  const check = checkRealtime(models);
  const realtime = realtimeOf(settings, store.protocol, { headers: rateLimitHeaders, refuse, check });
  const api: Api = {
    provider,
    prefix,
    requestIdHeader: "x-request-id",
    keyOf: bearerOf,
    authorize: (request) => checkBearer(bearerOf(request), keys),
    errorBody: ({ message, type, param, code }) => ({ object: "error", message, type, param, code }),
    routes: [...fileRoutes(fileDeps), ...jobRoutes(jobs), ...realtimeRoutes(realtime, models, ENDPOINTS)],
  };
  return { api, runner: store.runner, batches: store.batches, realtime: realtime.counts };
}

function fileBody({ id, bytes, created, filename, purpose }: StoredFile) {
  const result = purpose === "batch_output";
  return {
    id,
    object: "file",
    bytes,
    created_at: Math.floor(created / 1000),
    filename,
    purpose: "batch",
    sample_type: result ? "batch_result" : "batch_request",
    num_lines: null,
    mimetype: "application/jsonl",
    source: result ? "mistral" : "upload",
    signature: null,
    expires_at: null,
    visibility: null,
    deleted: false,
  };
}
