import type { ApiSettings, SandboxApi } from "../api-settings.ts";
import { openBatches } from "../batch-store.ts";
import type { Api } from "../http.ts";
import { ModelNames } from "../model-names.ts";
import { realtimeOf } from "../realtime.ts";
import { BY_KEY, type CallerCheck } from "./access.ts";
import { batchRoutes } from "./batches.ts";
import { anthropicProtocol } from "./protocol.ts";
import { checkRealtime, rateLimitHeaders, realtimeRoutes, refuse } from "./realtime.ts";

/** Anthropic's Message Batches API, and messages in real time. */
export function anthropicApi(settings: ApiSettings, access: CallerCheck = BY_KEY): SandboxApi {
  const { provider, prefix, clock, keys } = settings;
  const models = new ModelNames(settings.models === "any" ? null : "anthropic");
  const store = openBatches(settings, anthropicProtocol(models));
  const realtime = realtimeOf(settings, store.protocol, {
    headers: rateLimitHeaders(clock),
    refuse,
    check: checkRealtime,
  });
  const api: Api = {
    provider,
    prefix,
    requestIdHeader: "request-id",
    keyOf: access.keyOf,
    authorize: (request) => access.authorize(request, keys),
    errorBody: ({ type, message }, request_id) => ({ type: "error", error: { type, message }, request_id }),
    routes: [...realtimeRoutes(realtime, models), ...batchRoutes(store)],
  };
  return { api, runner: store.runner, batches: store.batches, realtime: realtime.counts };
}
