/** OpenAI's endpoints outside of batches: one request, one answer, and the list of models. */
import { ApiError } from "../api-error.ts";
import { type Reply, type Route, replyWith, route } from "../http.ts";
import type { ModelNames } from "../model-names.ts";
import { answerNow, type Realtime } from "../realtime.ts";
import type { Admission } from "../realtime-gate.ts";
import type { Upstream } from "../upstream.ts";

/** Each endpoint's path and the SDK's name for it. */
const OPERATIONS = [
  ["/chat/completions", "chat.completions.create"],
  ["/responses", "responses.create"],
  ["/embeddings", "embeddings.create"],
] as const;

/** Real-time routes; a compatible service has those of `endpoints` (`/v1/…`) only. */
export function realtimeRoutes(
  realtime: Realtime,
  models: ModelNames,
  endpoints: readonly string[],
): Route[] {
  const answers = OPERATIONS.filter(([path]) => endpoints.includes(`/v1${path}`)).map(([path, operation]) =>
    route("POST", path, operation, (call) => answerNow(realtime, call, { endpoint: `/v1${path}` })),
  );
  return [...answers, ...modelRoutes(models, realtime.upstream)];
}

function modelRoutes(models: ModelNames, upstream: Upstream | undefined): Route[] {
  return [
    route("GET", "/models", "models.list", async () =>
      upstream ? upstreamModels(upstream) : replyWith({ object: "list", data: models.ids().map(modelBody) }),
    ),
    route("GET", "/models/:id", "models.retrieve", async ({ id }) => {
      if (!models.has(id)) throw unknownModel(models, id);
      return replyWith(modelBody(id));
    }),
  ];
}

/** Milliseconds that an upstream server gets to list its models. */
const PATIENCE = 30_000;

async function upstreamModels({ url, key }: Upstream): Promise<Reply> {
  const headers = { ...(key !== undefined && { authorization: `Bearer ${key}` }) };
  const answer = await fetch(`${url.replace(/\/$/, "")}/models`, {
    headers,
    signal: AbortSignal.timeout(PATIENCE),
  }).catch(() => null);
  const json = await answer?.json().catch(() => null);
  if (answer && json) return { status: answer.status, json };
  throw new ApiError(502, "The upstream server could not be reached, or did not answer in JSON.", {
    type: "server_error",
  });
}

function modelBody(id: string) {
  return { id, object: "model", created: 1_700_000_000, owned_by: "sandbox" };
}

function unknownModel(models: ModelNames, id: string): ApiError {
  const message = `The model '${id}' does not exist or you do not have access to it.${models.didYouMean(id)}`;
  return new ApiError(404, message, { code: "model_not_found" });
}

/** What OpenAI refuses in real time before it reads the rest. @throws ApiError */
export function checkRealtime(models: ModelNames): Realtime["check"] {
  return (body) => {
    const { model, stream } = body;
    if (typeof model !== "string") {
      throw new ApiError(400, "you must provide a model parameter", { param: "model" });
    }
    if (!models.has(model)) throw unknownModel(models, model);
    if (stream === true) {
      throw new ApiError(400, "The sandbox does not stream: leave out 'stream'.", { param: "stream" });
    }
  };
}

/** OpenAI's rate-limit headers: durations such as `1.5s`. */
export function rateLimitHeaders({ requests, tokens }: Admission): Record<string, string> {
  const seconds = (value: number) => `${Number(value.toFixed(3))}s`;
  return {
    "x-ratelimit-limit-requests": String(requests.limit),
    "x-ratelimit-limit-tokens": String(tokens.limit),
    "x-ratelimit-remaining-requests": String(requests.remaining),
    "x-ratelimit-remaining-tokens": String(tokens.remaining),
    "x-ratelimit-reset-requests": seconds(requests.reset),
    "x-ratelimit-reset-tokens": seconds(tokens.reset),
  };
}

const LIMITS = {
  requests: "requests per min (RPM)",
  tokens: "tokens per min (TPM)",
  concurrent: "concurrent requests",
};

/** @throws ApiError OpenAI's 429 */
export const refuse: Realtime["refuse"] = ({ limit, retryAfter }, headers) => {
  const message = `Rate limit reached in organization org-sandbox on ${LIMITS[limit]}. Please try again in ${retryAfter}s.`;
  throw new ApiError(429, message, {
    type: limit === "concurrent" ? "requests" : limit,
    code: "rate_limit_exceeded",
    headers: { ...headers, "retry-after": String(retryAfter), "retry-after-ms": String(retryAfter * 1000) },
  });
};
