/** Google's errors in the form of other APIs'. It says with 400 what others say with 401, and in details when to come again. */
import { ProviderAuthError } from "../../errors.ts";
import { isObject, type Json, objectAt, objectsAt, textAt } from "../../json/values.ts";
import type { Call } from "../wire/call-errors.ts";

/**
 * An error with the status and the headers that say what it is; one without an answer stays as it is.
 * https://ai.google.dev/gemini-api/docs/troubleshooting, https://google.aip.dev/193
 */
export function geminiShaped(error: unknown, { provider, kind }: Pick<Call, "provider" | "kind">): unknown {
  if (!isObject(error) || typeof error.status !== "number" || !isObject(error.error)) return error;
  const body = objectAt(error.error, "error");
  const details = objectsAt(body, "details");
  const word = textAt(body, "status")?.toLowerCase();
  const message = textAt(body, "message") ?? "";
  const isBroke = error.status === 429 && /credits are depleted/i.test(message);
  const isKey =
    details.some(({ reason }) => reason === "API_KEY_INVALID") || /API key not valid/.test(message);
  const isPlace = word === "failed_precondition" && /location|country|billing/i.test(message);
  const status = isKey ? 401 : isPlace ? 403 : error.status;
  const quotas = details.flatMap((detail) => objectsAt(detail, "violations"));
  const ofDay = quotas.map(idOf).find((id) => /PerDay/i.test(id));
  if (status === 429 && kind === "ask" && ofDay !== undefined) {
    return new ProviderAuthError(
      `${provider}: the account's quota of this day is used up (${ofDay}); start the job again tomorrow, or have the quota raised`,
    );
  }
  const headers = new Map<string, string>(error.headers instanceof Map ? error.headers : []);
  const delay = details
    .map((detail) => secondsIn(textAt(detail, "retryDelay")))
    .find((one) => one !== undefined);
  if (delay !== undefined && !headers.has("retry-after"))
    headers.set("retry-after", String(Math.ceil(delay)));
  for (const quota of quotas) learn(quota, headers);
  const shaped = {
    status,
    headers,
    error: { error: { ...body, code: isBroke ? "insufficient_quota" : word, details: null } },
  };
  return Object.assign(new Error(message), shaped);
}

/** Names the limit that a refusal met, as others do in headers. Tokens are counted otherwise than here: only a limit of 0 is told. */
function learn(quota: Json, headers: Map<string, string>): void {
  const id = idOf(quota);
  const limit = Number(textAt(quota, "quotaValue") ?? Number.NaN);
  const what = /token/i.test(id) ? "tokens" : "requests";
  if (!/PerMinute/i.test(id) || !Number.isInteger(limit) || (what === "tokens" && limit > 0)) return;
  headers.set(`x-ratelimit-limit-${what}`, String(limit));
  headers.set(`x-ratelimit-remaining-${what}`, "0");
}

/** The quota's own name: `GenerateRequestsPerMinutePerProjectPerModel-FreeTier`. */
function idOf(quota: Json): string {
  const id = textAt(quota, "quotaId") ?? "";
  return /^[\w-]{1,100}$/.test(id) ? id : "";
}

/** A duration as Google writes it: `34.07s`. */
function secondsIn(duration: string | null): number | undefined {
  const [, seconds] = /^(\d{1,9}(?:\.\d+)?)s$/.exec(duration ?? "") ?? [];
  return seconds === undefined ? undefined : Number(seconds);
}
