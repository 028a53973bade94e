import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { ApiError } from "../api-error.ts";
import type { ApiSettings, SandboxApi } from "../api-settings.ts";
import type { StoredBatch } from "../batch.ts";
import { openBatches, publishAll } from "../batch-store.ts";
import { togetherUploadRoutes } from "../compatible/together-upload.ts";
import { type Api, bearerOf } from "../http.ts";
import { ModelNames } from "../model-names.ts";
import { realtimeOf } from "../realtime.ts";
import { openRecords } from "../records.ts";
import { scheduleOf } from "../schedule.ts";
import { batchRoutes, batchView } from "./batches.ts";
import { type Dialect, OPENAI } from "./dialect.ts";
import { type FileDeps, fileRoutes, type StoredFile } from "./files.ts";
import { openaiProtocol } from "./protocol.ts";
import { checkRealtime, rateLimitHeaders, realtimeRoutes, refuse } from "./realtime.ts";
import { validate } from "./validation.ts";
import { WebhookEndpoints } from "./webhook-endpoints.ts";
import { Webhooks } from "./webhooks.ts";

/** OpenAI's Files and Batch APIs, and one request in real time; or those of a service that resembles them. */
export function openaiApi(settings: ApiSettings, dialect: Dialect = OPENAI): SandboxApi {
  const { provider, prefix, dir, clock, newId, limits, keys } = settings;
  const models = new ModelNames(settings.models === "any" ? null : dialect.priceList);
  const files = openRecords<StoredFile>(join(dir, "files"));
  const inspect = (batch: StoredBatch, path: string) =>
    validate(batch, path, {
      limits,
      models,
      maxRequests: dialect.requests ?? limits.openai_requests,
      endpointWithoutVersion: dialect.endpointWithoutVersion ?? false,
      bareLines: dialect.bareLines ?? false,
      enqueuedTokens: (model) => enqueued(store.batches.newestFirst(), batch, model),
    });
  const store = openBatches(
    { ...settings, ...(dialect.neverExpires && { lifetime: TEN_YEARS }) },
    openaiProtocol(inspect, dialect.anyParam),
  );
  const { batches, runner, protocol } = store;
  const batchDeps = { ...store, files, dialect };
  const view = (batch: StoredBatch) => batchView(batchDeps, batch);
  const check = checkRealtime(models);
  const realtime = realtimeOf(settings, protocol, { headers: rateLimitHeaders, refuse, check });
  const fileDeps: FileDeps = {
    files,
    clock,
    newId,
    maxBytes: Math.min(dialect.fileBytes ?? Number.POSITIVE_INFINITY, limits.openai_file_bytes),
    purpose: dialect.purpose,
    expiry: dialect.fileExpiry,
    publishEnded: () => publishAll(store, view),
  };
  const endpoints = new WebhookEndpoints(
    clock,
    () => newId("whe_", Date.now()),
    () => background?.start(),
  );
  const targets = () => [...(settings.webhook ? [settings.webhook] : []), ...endpoints.targets()];
  const background = provider === "openai" ? new Webhooks(targets, { batches, view }) : undefined;
  const key = (request: IncomingMessage) =>
    bearerOf(request) ?? (dialect.keyHeader && request.headers[dialect.keyHeader]?.toString());
  const api: Api = {
    provider,
    prefix,
    requestIdHeader: "x-request-id",
    keyOf: key,
    authorize: (request) => checkBearer(key(request), keys),
    errorBody: ({ message, type, param, code }) => ({ error: { message, type, param, code } }),
    routes: [
      ...(dialect.redirectedUpload ? togetherUploadRoutes(fileDeps, prefix) : []),
      ...fileRoutes(fileDeps),
      ...batchRoutes(batchDeps),
      ...(background ? endpoints.routes() : []),
      ...realtimeRoutes(realtime, models, dialect.endpoints),
    ],
  };
  return { api, runner, batches, background, realtime: realtime.counts };
}

/** For a service that never expires a batch; milliseconds. */
const TEN_YEARS = 10 * 365 * 24 * 3600 * 1000;

/** Prompt tokens of a model's batches that were created before this one and had not ended when it came. */
function enqueued(all: StoredBatch[], batch: StoredBatch, model: string): number {
  let tokens = 0;
  for (const other of all) {
    if (other.n >= batch.n || other.plan?.model !== model) continue;
    if (other.plan.errors.length > 0 || scheduleOf(other, other.plan).ended <= batch.created) continue;
    tokens += other.plan.prompt_tokens;
  }
  return tokens;
}

/** @throws ApiError 401 without a key, or with one that is not among `keys` */
export function checkBearer(key: string | undefined, keys: string[] | undefined): void {
  if (key === undefined) {
    throw new ApiError(401, "You didn't provide an API key in an Authorization header using Bearer auth.");
  }
  if (keys && !keys.includes(key)) {
    throw new ApiError(401, "Incorrect API key provided.", { code: "invalid_api_key", param: undefined });
  }
}
