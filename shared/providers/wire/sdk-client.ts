/** Milliseconds that a poll, or any other small call, may take. */
const CALL_TIMEOUT = 60_000;

/** How long an upload, or a create that the provider checks line by line, may take, in ms; a Lambda has 15 min. */
export const SUBMIT_TIMEOUT = 12 * 60_000;

/** Options of a call that makes a batch. An SDK would send it again after a 5xx or a lost connection: two batches, billed twice. */
export const ONCE = { maxRetries: 0, timeout: SUBMIT_TIMEOUT } as const;

/** Options of a call that a person waits for. */
export const CHECK_OPTIONS = { timeout: 10_000, maxRetries: 0, query: { limit: 1 } } as const;

/** The longest `retry-after` that is waited for inside the process, in seconds. */
const LONGEST_WAIT = 60;

/** Client options that both SDKs take alike. */
export const CLIENT_OPTIONS = {
  timeout: CALL_TIMEOUT,
  maxRetries: 2,
  /** The SDKs' debug log, which an environment variable turns on, prints whole requests. */
  logLevel: "off",
  /**
   * Without these two, `fetch` tees every request body and keeps all of it in memory: 900 MB for an
   * upload of 800 MB, against 200 MB with them (measured on Node 22 and 24).
   */
  fetchOptions: { redirect: "error", window: null } as { redirect: "error" },
  fetch: fetchUnlessLongWait,
} as const;

/**
 * `fetch`, but an answer that asks for a wait of more than a minute is marked as not to be retried:
 * Anthropic's SDK would wait for all of it, which can be longer than a Lambda runs. The workflow
 * waits instead, through `ProviderUnavailableError.retryAfterSeconds`.
 */
async function fetchUnlessLongWait(url: string | URL | Request, init?: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  const wait = retryAfterSeconds(response.headers);
  if (response.ok || wait === undefined || wait <= LONGEST_WAIT) return response;
  const headers = new Headers(response.headers);
  headers.set("x-should-retry", "false");
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}

/** Seconds that an answer's `retry-after` asks for: a number, or a date; undefined when there is none. */
export function retryAfterSeconds(headers: Headers): number | undefined {
  const text = headers.get("retry-after");
  if (!text) return undefined;
  const seconds = Number(text);
  const wait = Number.isFinite(seconds) ? seconds : (Date.parse(text) - Date.now()) / 1000;
  return Number.isNaN(wait) || wait < 0 ? undefined : Math.ceil(wait);
}

/** The moment, in Unix seconds, at which an answer says that it was made; null when it does not. */
export function clockOf(headers: Headers): number | null {
  const seconds = Date.parse(headers.get("date") ?? "") / 1000;
  return Number.isNaN(seconds) ? null : seconds;
}
