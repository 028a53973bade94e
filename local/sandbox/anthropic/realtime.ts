/** Anthropic's endpoints outside of batches: messages, their tokens, and the list of models. */
import { ApiError } from "../api-error.ts";
import { promptTokens } from "../composer.ts";
import { type Route, readJson, replyWith, route } from "../http.ts";
import type { ModelNames } from "../model-names.ts";
import { answerNow, type Realtime } from "../realtime.ts";
import type { Admission, Level } from "../realtime-gate.ts";
import { promptOf } from "./answers.ts";
import { problemOf } from "./params-check.ts";

const MESSAGES = "/v1/messages";
const MODELS = "/v1/models";

/** `/v1/messages`, `/v1/messages/count_tokens` and `/v1/models`. */
export function realtimeRoutes(realtime: Realtime, models: ModelNames): Route[] {
  return [
    route("POST", MESSAGES, "messages.create", (call) =>
      answerNow(realtime, call, { beta: isBeta(call.request.headers) }),
    ),
    route("POST", `${MESSAGES}/count_tokens`, "messages.countTokens", async ({ request }) => {
      const params = await readJson(request);
      const rules = { models, beta: isBeta(request.headers) };
      // Counting needs no `max_tokens`.
      const problem = problemOf({ max_tokens: 1, ...params }, rules);
      if (problem)
        throw new ApiError(problem.type === "not_found_error" ? 404 : 400, problem.message, problem);
      return replyWith({ input_tokens: promptTokens(promptOf(params).texts) });
    }),
    route("GET", MODELS, "models.list", async () => {
      const data = models.ids().map(modelBody);
      const ends = { first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
      return replyWith({ data, has_more: false, ...ends });
    }),
    route("GET", `${MODELS}/:id`, "models.retrieve", async ({ id }) => {
      if (models.has(id)) return replyWith(modelBody(id));
      const message = `model: ${id}.${models.didYouMean(id)}`;
      throw new ApiError(404, message, { type: "not_found_error" });
    }),
  ];
}

/** Whether a call asks for betas. */
export function isBeta(headers: Record<string, unknown>): boolean {
  return headers["anthropic-beta"] !== undefined;
}

function modelBody(id: string) {
  return { type: "model", id, display_name: id, created_at: "2025-01-01T00:00:00Z" };
}

/** What the sandbox refuses in real time before it reads the rest. @throws ApiError */
export function checkRealtime(body: Record<string, unknown>): void {
  if (body["stream"] === true) throw new ApiError(400, "stream: the sandbox does not stream");
}

/** Anthropic's rate-limit headers. Times are those of the sandbox's clock. */
export function rateLimitHeaders(clock: () => number): Realtime["headers"] {
  const time = ({ reset }: Level) => new Date(clock() + reset * 1000).toISOString();
  return ({ requests, tokens }: Admission) => ({
    ...Object.fromEntries(
      [
        ["requests", requests] as const,
        ["tokens", tokens] as const,
        ["input-tokens", tokens] as const,
        ["output-tokens", tokens] as const,
      ].flatMap(([what, level]) => [
        [`anthropic-ratelimit-${what}-limit`, String(level.limit)],
        [`anthropic-ratelimit-${what}-remaining`, String(level.remaining)],
        [`anthropic-ratelimit-${what}-reset`, time(level)],
      ]),
    ),
  });
}

/** @throws ApiError Anthropic's 429 */
export const refuse: Realtime["refuse"] = ({ limit, retryAfter }, headers) => {
  const message =
    limit === "concurrent"
      ? "Number of concurrent connections has exceeded your rate limit."
      : `This request would exceed your organization's rate limit of ${limit} per minute.`;
  throw new ApiError(429, message, {
    type: "rate_limit_error",
    headers: { ...headers, "retry-after": String(retryAfter) },
  });
};
