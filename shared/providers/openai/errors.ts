/** Lines without an answer: refused, expired, or an error of the provider's. */
import { isObject, numberAt, textAt } from "../../json/values.ts";
import type { ItemOutcome, JsonText } from "../provider.ts";
import { isTransientStatus, unanswered } from "../wire/answer.ts";

/** `error.code`s of lines that never ran; https://developers.openai.com/api/docs/guides/batch#batch-expiration */
const NEVER_RAN = new Map<string, { status: "expired" | "cancelled" | "failed"; retryable: boolean }>([
  ["batch_expired", { status: "expired", retryable: true }],
  ["batch_cancelled", { status: "cancelled", retryable: false }],
  ["request_timeout", { status: "failed", retryable: true }],
]);

/** Codes and types of errors that the same request will meet again, as OpenAI and compatible servers spell them. */
export const PERMANENT =
  /invalid|bad.?request|unprocessable|not.?found|unsupported|denied|unauthori|authentication|permission|too.?large|policy/i;

/** Characters of a provider's own words that are kept. */
const MAX_MESSAGE = 1000;

/** What an error says of itself: an object, or only words. */
export function wordsOf(error: unknown): {
  code: string | null;
  message: string | null;
  status: number | undefined;
} {
  if (typeof error === "string")
    return { code: null, message: error.slice(0, MAX_MESSAGE), status: undefined };
  if (!isObject(error)) return { code: null, message: null, status: undefined };
  const code = textAt(error, "code") ?? textAt(error, "type");
  const message = textAt(error, "message") ?? textAt(error, "detail");
  const status = numberAt(error, "code") ?? numberAt(error, "status_code");
  return { code, message: message?.slice(0, MAX_MESSAGE) ?? null, status };
}

/** The outcome of a line that never ran. */
export function neverRan(custom_id: string, error: unknown, text: JsonText): ItemOutcome {
  const { code, message, status } = wordsOf(error);
  const retryable =
    status !== undefined && status >= 400 ? isTransientStatus(status) : !PERMANENT.test(code ?? "");
  const known = NEVER_RAN.get(code ?? "") ?? { status: "failed", retryable };
  const shown =
    [status, code, message].filter(Boolean).join(": ") || "the provider gives an error without a word";
  return unanswered(custom_id, known.status, shown, known.retryable, text);
}

/**
 * The outcome of a request that was refused.
 * @param errors where its words may stand, in any of its wrappings: `{error: {…}}`, `{error: "…"}`, `{message}`, `{detail}`
 */
export function refused(custom_id: string, status: number, errors: unknown[], text: JsonText): ItemOutcome {
  const words = errors.map((error) => wordsOf(isObject(error) ? (error.error ?? error) : error));
  const code = words.find((word) => word.code)?.code;
  const message = words.find((word) => word.message)?.message;
  const shown = [`HTTP ${status}`, code, message].filter(Boolean).join(": ");
  // No credit left is a 429 too, and waiting does not help.
  const retryable = isTransientStatus(status) && code !== "insufficient_quota";
  return unanswered(custom_id, "failed", shown, retryable, text);
}
