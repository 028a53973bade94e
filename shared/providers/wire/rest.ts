/** Calls of an API without its maker's SDK, which takes half a megabyte and 20 ms of each start. They are tried again as it does. */
import { jsonOr } from "../../json/values.ts";
import { type AnswerHeaders, type HttpAnswer, type HttpRequest, readAll, StatusError, send } from "./http.ts";

/** Milliseconds that a poll, or any other small call, may take. */
const CALL_TIMEOUT = 60_000;

/** How long an upload, or a create that the provider checks line by line, may take, in ms; a Lambda has 15 min. */
export const SUBMIT_TIMEOUT = 12 * 60_000;

/** Options of a call that makes a batch. Sent again after a 5xx or a lost connection, it would make two, billed twice. */
export const ONCE = { method: "POST", retries: 0, timeout: SUBMIT_TIMEOUT } as const;

/** Options of a call that a person waits for. */
export const CHECK = { timeout: 10_000, retries: 0, query: { limit: 1 } } as const;

/** The longest `retry-after` that is waited for inside the process, in seconds. The workflow waits for longer ones. */
const LONGEST_WAIT = 60;

/** One call. `retries`: how often it is tried again, when no answer comes or one that may pass. A streamed body allows none. */
export interface RestRequest extends HttpRequest {
  query?: Readonly<Record<string, string | number>>;
  retries?: number;
}

/** Headers of one try: a signature holds for a while only. */
export type Sign = (
  method: string,
  url: URL,
  headers: Record<string, string>,
  body: string,
) => Promise<Record<string, string>>;

/**
 * Sends a request.
 * @throws StatusError when the answer is no success; the connection's error, when there is none
 */
export async function rest(address: string, request: RestRequest, sign?: Sign): Promise<HttpAnswer> {
  const { query = {}, retries = 0, timeout = CALL_TIMEOUT, headers = {}, method = "GET", ...sent } = request;
  const url = new URL(address);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
  const body = typeof sent.body === "string" ? sent.body : "";
  for (let tries = 0; ; tries++) {
    // As the SDKs have it: half a second, and up to a quarter less.
    let wait = Math.min(0.5 * 2 ** tries, 8) * (1 - Math.random() * 0.25);
    try {
      const signed = sign ? await sign(method, url, headers, body) : headers;
      return await successOf(await send(url, { ...sent, method, timeout, headers: signed }));
    } catch (error) {
      if (tries === retries || sent.signal?.aborted) throw error;
      if (error instanceof StatusError) {
        const asked = retryAfterSeconds(error.headers);
        if (!mayPass(error) || (asked ?? 0) > LONGEST_WAIT) throw error;
        wait = asked ?? wait;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, wait * 1000));
  }
}

/** An answer that is a success. @throws StatusError */
async function successOf(answer: HttpAnswer): Promise<HttpAnswer> {
  if (answer.status >= 200 && answer.status < 300) return answer;
  const text = (await readAll(answer).catch(() => "")).trim();
  throw new StatusError(answer, text, jsonOr(text, undefined));
}

function mayPass({ status, headers }: StatusError): boolean {
  const word = headers.get("x-should-retry");
  if (word === "true" || word === "false") return word === "true";
  return [408, 409, 429].includes(status) || status >= 500;
}

/** The value of an answer that says it is JSON, else its text. @throws SyntaxError when it is none */
export async function jsonOf(answer: HttpAnswer): Promise<unknown> {
  const text = await readAll(answer);
  const type = answer.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
  return /application\/json|\+json$/.test(type) && text ? JSON.parse(text) : text;
}

export interface JsonPost {
  url: URL;
  headers: Record<string, string>;
}

/**
 * Sends JSON once and reads the whole answer.
 * @param signal ends the connection, while the answer is read as well
 * @throws StatusError, the connection's error, or the signal's reason
 */
export async function postJson(
  { url, headers }: JsonPost,
  body: string,
  signal: AbortSignal,
): Promise<{ headers: AnswerHeaders; body: string }> {
  const answer = await successOf(await send(url, { method: "POST", headers, body, signal }));
  return { headers: answer.headers, body: await readAll(answer) };
}

/** Seconds that an answer's `retry-after` asks for: a number, or a date, or its `retry-after-ms`; undefined when there is none. */
export function retryAfterSeconds(headers: AnswerHeaders): number | undefined {
  const milliseconds = Number.parseFloat(headers.get("retry-after-ms") ?? "");
  if (milliseconds >= 0) return Math.ceil(milliseconds / 1000);
  const text = headers.get("retry-after");
  if (!text) return undefined;
  const seconds = Number(text);
  const wait = Number.isFinite(seconds) ? seconds : (Date.parse(text) - Date.now()) / 1000;
  return Number.isNaN(wait) || wait < 0 ? undefined : Math.ceil(wait);
}

/** The moment, in Unix seconds, at which an answer says that it was made; null when it does not. */
export function clockOf(headers: AnswerHeaders): number | null {
  const seconds = Date.parse(headers.get("date") ?? "") / 1000;
  return Number.isNaN(seconds) ? null : seconds;
}
