import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { ApiError } from "../api-error.ts";
import type { ApiSettings, SandboxApi } from "../api-settings.ts";
import { openBatches, publishAll } from "../batch-store.ts";
import { promptTokens } from "../composer.ts";
import { type Api, type Call, type Route, readJson, replyWith, route } from "../http.ts";
import { ModelNames } from "../model-names.ts";
import { answerNow, type Realtime, realtimeOf } from "../realtime.ts";
import { openRecords } from "../records.ts";
import { promptOf, statusBody } from "./answers.ts";
import { batchRoutes, batchView } from "./batches.ts";
import { fileRoutes, type GeminiFile, VERSIONS } from "./files.ts";
import { geminiProtocol } from "./protocol.ts";

/** The Gemini Developer API: files, batches, and one request in real time. */
export function geminiApi(settings: ApiSettings): SandboxApi {
  const { provider, prefix, dir, clock, newId, keys } = settings;
  const models = new ModelNames(settings.models === "any" ? null : "google");
  const files = openRecords<GeminiFile>(join(dir, "files"));
  const store = openBatches(settings, geminiProtocol);
  const own = { ...store, files, models };
  const publishEnded = () => publishAll(store, (batch) => batchView(own, batch));
  // Google sends no headers of limits.
  const realtime = realtimeOf(settings, store.protocol, {
    refuse({ limit, retryAfter }) {
      throw quotaError(QUOTAS[limit], settings.gate.limitOf(limit), retryAfter);
    },
  });
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
  return { api, runner: store.runner, batches: store.batches, realtime: realtime.counts };
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
    route("POST", `/${version}/models/:id:generateContent`, "models.generateContent", async (call) =>
      answerNow(realtime, call, { model: known(call) }),
    ),
    route("POST", `/${version}/models/:id:embedContent`, "models.embedContent", async (call) =>
      answerNow(realtime, call, { model: known(call), embeds: true }),
    ),
    route("POST", `/${version}/models/:id:batchEmbedContents`, "models.embedContent", async (call) =>
      answerNow(realtime, call, { model: known(call), embeds: "many" }),
    ),
    route("POST", `/${version}/models/:id:countTokens`, "models.countTokens", async (call) => {
      known(call);
      const { texts } = promptOf(await readJson(call.request));
      return replyWith({ totalTokens: promptTokens(texts) });
    }),
    route("GET", `/${version}/models`, "models.list", async () =>
      replyWith({ models: models.ids().map(modelBody) }),
    ),
    route("GET", `/${version}/models/:id`, "models.retrieve", async (call) =>
      replyWith(modelBody(known(call))),
    ),
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

/** Google's 429: which quota it was, and when to come again, are in its details and in no header. */
function quotaError(quotaId: string, quotaValue: number | null, seconds: number): ApiError {
  const message = `You exceeded your current quota: ${quotaId}. Please retry in ${seconds}s.`;
  const violation = { quotaId, ...(quotaValue !== null && { quotaValue: String(quotaValue) }) };
  return new ApiError(429, message, {
    details: [
      { "@type": "type.googleapis.com/google.rpc.QuotaFailure", violations: [violation] },
      { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: `${seconds}s` },
    ],
  });
}
