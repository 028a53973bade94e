import { ApiError } from "../api-error.ts";

/** Google's 429: which quota it was, and when to come again, are in its details and in no header. */
export function quotaError(quotaId: string, quotaValue: number | null, seconds: number): ApiError {
  const message = `You exceeded your current quota: ${quotaId}. Please retry in ${seconds}s.`;
  const violation = { quotaId, ...(quotaValue !== null && { quotaValue: String(quotaValue) }) };
  return new ApiError(429, message, {
    details: [
      { "@type": "type.googleapis.com/google.rpc.QuotaFailure", violations: [violation] },
      { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: `${seconds}s` },
    ],
  });
}
