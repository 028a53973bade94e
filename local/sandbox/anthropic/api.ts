import { join } from "node:path";
import type { ApiSettings, SandboxApi } from "../api-settings.ts";
import type { StoredBatch } from "../batch.ts";
import { failing } from "../failing.ts";
import type { Api } from "../http.ts";
import { ModelNames } from "../model-names.ts";
import { noCounts, type Realtime } from "../realtime.ts";
import { openRecords } from "../records.ts";
import { Runner } from "../runner.ts";
import { type Access, BY_KEY } from "./access.ts";
import { batchRoutes } from "./batches.ts";
import { anthropicProtocol } from "./protocol.ts";
import { checkRealtime, rateLimitHeaders, realtimeRoutes, refuse } from "./realtime.ts";

/** Anthropic's Message Batches API, and messages in real time. */
export function anthropicApi(settings: ApiSettings, access: Access = BY_KEY): SandboxApi {
  const { provider, prefix, dir, clock, newId, limits, keys, upstream, latency, lifetime } = settings;
  const models = new ModelNames(settings.models === "any" ? null : "anthropic");
  const batches = openRecords<StoredBatch>(join(dir, "batches"));
  const requestsPath = ({ id }: Pick<StoredBatch, "id">) => join(batches.folder(id), "requests.jsonl");
  const protocol = failing(anthropicProtocol(batches.folder, models), settings);
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
    keyOf: access.keyOf,
    authorize: (request) => access.authorize(request, keys),
    errorBody: ({ type, message }, request_id) => ({ type: "error", error: { type, message }, request_id }),
    routes: [
      ...realtimeRoutes(realtime, models),
      ...batchRoutes({ provider, prefix, batches, runner, clock, newId, limits, requestsPath, defaults }),
    ],
  };
  return { api, runner, batches, realtime: realtime.counts };
}
