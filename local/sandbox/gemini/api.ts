import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { ApiError } from "../api-error.ts";
import type { ApiSettings, SandboxApi } from "../api-settings.ts";
import type { StoredBatch } from "../batch.ts";
import { promptTokens } from "../composer.ts";
import { failing } from "../failing.ts";
import type { Api, Call, Route } from "../http.ts";
import { readJson } from "../http.ts";
import { ModelNames } from "../model-names.ts";
import { answerNow, noCounts, type Realtime } from "../realtime.ts";
import { openRecords } from "../records.ts";
import { Runner } from "../runner.ts";
import { promptOf, statusBody } from "./answers.ts";
import { batchRoutes, publishedView } from "./batches.ts";
import { fileRoutes, type GeminiFile, VERSIONS } from "./files.ts";
import { geminiProtocol } from "./protocol.ts";
import { quotaError } from "./quota-error.ts";

/** The Gemini Developer API: files, batches, and one request in real time. */
export function geminiApi(settings: ApiSettings): SandboxApi {
  const { provider, prefix, dir, clock, newId, keys, upstream, latency, lifetime } = settings;
  const models = new ModelNames(settings.models === "any" ? null : "google");
  const batches = openRecords<StoredBatch>(join(dir, "batches"));
  const files = openRecords<GeminiFile>(join(dir, "files"));
  const protocol = failing(geminiProtocol(batches.folder), settings);
  const runner = new Runner({ batches, protocol, clock, upstream });
  const defaults = { latency, lifetime, upstream: upstream !== undefined };
  const own = { provider, batches, files, runner, clock, newId, models, protocol, defaults };
  async function publishEnded(): Promise<void> {
    for (const batch of batches.newestFirst()) if (!batch.published) await publishedView(own, batch);
  }
  const realtime: Realtime = {
    protocol,
    upstream,
    clock,
    gate: settings.gate,
    counts: noCounts(),
    // Google sends no headers of limits.
    headers: () => ({}),
    refuse({ limit, retryAfter }) {
      throw quotaError(QUOTAS[limit], settings.gate.limitOf(limit), retryAfter);
    },
    check: () => undefined,
  };
  const api: Api = {
    provider,
    prefix,
    requestIdHeader: "x-request-id",
    keyOf,
    authorize: (request) => authorize(keyOf(request), keys),
    errorBody: ({ status, message, details }) => ({
      error: { ...statusBody(status, message), ...(details.length > 0 && { details }) },
    }),
    routes: [
      ...fileRoutes({ prefix, files, clock, newId, publishEnded }),
      ...batchRoutes(own),
      ...realtimeRoutes(realtime, models),
    ],
  };
  return { api, runner, batches, realtime: realtime.counts };
}

const QUOTAS = {
  requests: "GenerateRequestsPerMinutePerProjectPerModel",
  tokens: "GenerateContentInputTokensPerModelPerMinute",
  concurrent: "GenerateConcurrentRequestsPerProjectPerModel",
};

function realtimeRoutes(realtime: Realtime, models: ModelNames): Route[] {
  function known({ id }: Call): string {
    if (models.has(id)) return id;
    throw new ApiError(404, `models/${id} is not found.${models.didYouMean(id)}`);
  }
  return VERSIONS.flatMap((version): Route[] => [
    {
      method: "POST",
      path: `/${version}/models/:id:generateContent`,
      operation: "models.generateContent",
      handle: async (call) => answerNow(realtime, call, { model: known(call) }),
    },
    {
      method: "POST",
      path: `/${version}/models/:id:embedContent`,
      operation: "models.embedContent",
      handle: async (call) => answerNow(realtime, call, { model: known(call), embeds: true }),
    },
    {
      method: "POST",
      path: `/${version}/models/:id:batchEmbedContents`,
      operation: "models.embedContent",
      handle: async (call) => answerNow(realtime, call, { model: known(call), embeds: "many" }),
    },
    {
      method: "POST",
      path: `/${version}/models/:id:countTokens`,
      operation: "models.countTokens",
      async handle(call) {
        known(call);
        return {
          status: 200,
          json: { totalTokens: promptTokens(promptOf(await readJson(call.request)).texts) },
        };
      },
    },
    {
      method: "GET",
      path: `/${version}/models`,
      operation: "models.list",
      handle: async () => ({ status: 200, json: { models: models.ids().map(modelBody) } }),
    },
    {
      method: "GET",
      path: `/${version}/models/:id`,
      operation: "models.retrieve",
      handle: async (call) => ({ status: 200, json: modelBody(known(call)) }),
    },
  ]);
}

function modelBody(id: string) {
  return {
    name: `models/${id}`,
    displayName: id,
    supportedGenerationMethods: ["generateContent", "countTokens", "batchGenerateContent"],
  };
}

/** The key is in a header, or in the address. */
function keyOf({ headers, url }: IncomingMessage): string | undefined {
  const given = headers["x-goog-api-key"]?.toString();
  return given ?? new URL(url ?? "/", "http://127.0.0.1").searchParams.get("key") ?? undefined;
}

function authorize(key: string | undefined, keys: string[] | undefined): void {
  if (!key) {
    throw new ApiError(403, "Method doesn't allow unregistered callers. Please use API Key.");
  }
  if (keys && !keys.includes(key)) {
    const info = { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "API_KEY_INVALID" };
    throw new ApiError(400, "API key not valid. Please pass a valid API key.", { details: [info] });
  }
}
