/** Calls of an API without an SDK. Errors have the form of an SDK's: `{status, headers, error, message}`. */
import { jsonOr } from "./json.ts";
import { CLIENT_OPTIONS } from "./sdk-client.ts";

/** One call. `timeout`: milliseconds. */
export interface RestRequest {
  method?: string;
  headers?: Record<string, string>;
  body?: string | AsyncIterable<Uint8Array>;
  timeout?: number;
  redirect?: "error" | "follow";
}

/**
 * Sends a request once.
 * @throws an error with the status, when the answer is no success; fetch's own, when there is none
 */
export async function rest(url: string, request: RestRequest): Promise<Response> {
  const { timeout = CLIENT_OPTIONS.timeout, redirect = "error", ...init } = request;
  const signal = AbortSignal.timeout(timeout);
  const options = { ...CLIENT_OPTIONS.fetchOptions, ...init, redirect, signal, duplex: "half" };
  const response = await CLIENT_OPTIONS.fetch(url, options as unknown as RequestInit);
  if (response.ok) return response;
  const text = await response.text().catch(() => "");
  const error = jsonOr(text, null);
  throw Object.assign(new Error(`HTTP ${response.status}`), {
    status: response.status,
    headers: response.headers,
    error,
  });
}
