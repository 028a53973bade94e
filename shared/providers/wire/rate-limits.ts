/** What an answer's headers say of an account's rate limits in real time: OpenAI's names, those like them, and Anthropic's. */
import type { AnswerHeaders } from "./http.ts";

/** What is left of a minute's allowance. */
export interface Level {
  /** What a minute has in all. */
  limit: number;
  /** What was left when the provider took the request. */
  remaining: number;
}

/** The levels that headers name. */
export interface RateLimits {
  requests?: Level | undefined;
  tokens?: Level | undefined;
}

/** The limits in an answer's headers; a limit that they do not name is absent. */
export function rateLimitsIn(headers: AnswerHeaders): RateLimits {
  return {
    requests: level(headers, "requests"),
    tokens: level(headers, "tokens"),
  };
}

function level(headers: AnswerHeaders, what: "requests" | "tokens"): Level | undefined {
  const limit = headers.get(`x-ratelimit-limit-${what}`) ?? headers.get(`anthropic-ratelimit-${what}-limit`);
  const remaining =
    headers.get(`x-ratelimit-remaining-${what}`) ?? headers.get(`anthropic-ratelimit-${what}-remaining`);
  if (limit === undefined || remaining === undefined) return undefined;
  const found = { limit: Number(limit), remaining: Number(remaining) };
  return found.limit >= 0 && found.remaining >= 0 ? found : undefined;
}
