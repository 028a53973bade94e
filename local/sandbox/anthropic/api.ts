import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { ApiError } from "../api-error.ts";
import type { ApiSettings, SandboxApi } from "../api-settings.ts";
import type { StoredBatch } from "../batch.ts";
import { failing } from "../failing.ts";
import type { Api } from "../http.ts";
import { ModelNames } from "../model-names.ts";
import { noCounts, type Realtime } from "../realtime.ts";
import { openRecords } from "../records.ts";
import { Runner } from "../runner.ts";
import { batchRoutes } from "./batches.ts";
import { anthropicProtocol } from "./protocol.ts";
import { checkRealtime, rateLimitHeaders, realtimeRoutes, refuse } from "./realtime.ts";

/** Anthropic's Message Batches API. */
export function anthropicApi(settings: ApiSettings): SandboxApi {
  const { provider, prefix, dir, clock, newId, limits, keys, upstream, latency, lifetime } = settings;
  const models = new ModelNames(settings.models === "any" ? null : "anthropic");
  const batches = openRecords<StoredBatch>(join(dir, "batches"));
  const requestsPath = ({ id }: Pick<StoredBatch, "id">) => join(batches.folder(id), "requests.jsonl");
  const protocol = failing(anthropicProtocol(batches.folder, models), settings.failRate);
  const runner = new Runner({ batches, protocol, clock, upstream });
  const defaults = { latency, lifetime, upstream: upstream !== undefined };
  const realtime: Realtime = {
    protocol,
    upstream,
    clock,
    gate: settings.gate,
    counts: noCounts(),
    headers: rateLimitHeaders(clock),
    refuse,
    check: checkRealtime,
  };
  const api: Api = {
    provider,
    prefix,
    requestIdHeader: "request-id",
    keyOf,
    authorize: (request) => authorize(request, keys),
    errorBody: ({ type, message }, request_id) => ({ type: "error", error: { type, message }, request_id }),
    routes: [
      ...realtimeRoutes(realtime, models),
      ...batchRoutes({ provider, prefix, batches, runner, clock, newId, limits, requestsPath, defaults }),
    ],
  };
  return { api, runner, batches, realtime: realtime.counts };
}

/** The SDK (1.12) sends the key as a bearer token; older ones and curl as `x-api-key`. Both are good. */
function keyOf({ headers }: IncomingMessage): string | undefined {
  return headers["x-api-key"]?.toString() ?? /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1];
}

function authorize(request: IncomingMessage, keys: string[] | undefined): void {
  const key = keyOf(request);
  if (!key) {
    throw new ApiError(401, "x-api-key header is required", { type: "authentication_error" });
  }
  if (keys && !keys.includes(key)) {
    throw new ApiError(401, "invalid x-api-key", { type: "authentication_error" });
  }
  if (request.headers["anthropic-version"] === undefined) {
    throw new ApiError(400, "anthropic-version: header is required");
  }
}
