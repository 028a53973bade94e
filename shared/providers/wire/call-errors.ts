import { ProviderAuthError, ProviderRejectedError, ProviderUnavailableError } from "../../errors.ts";
import { isObject, objectAt, textAt } from "../../json/values.ts";
import { note } from "../../telemetry.ts";
import type { Access } from "../access.ts";
import { isTransientStatus } from "./answer.ts";
import type { AnswerHeaders } from "./http.ts";
import { retryAfterSeconds } from "./rest.ts";

/** A call of a provider, as far as its errors are concerned. */
export interface Call {
  /** For people: "OpenAI". */
  provider: string;
  /** Its key is kept out of messages, should the provider quote it. A refusal names where the key is from. */
  access: Access;
  /** For people: "reading batch batch_1". */
  what: string;
  /**
   * `create` makes a batch: when its answer is lost it may have taken effect. `ask` wants one answer: when it breaks
   * off, or a gateway gives up, it may have been billed. `read` is about a thing that should be there: a 404 may pass,
   * as it does just after a creation.
   */
  kind: "create" | "read" | "ask" | "other";
}

/** Of a refusal in the provider's words, which can quote the request. */
const LONGEST_MESSAGE = 500;

/** Seconds to wait after a 429 that names no time. */
const RATE_LIMIT_WAIT = 60;

/** The form of a provider's error code; anything else may be a text. */
const CODE = /^[a-z][a-z0-9_]{2,63}$/;

/** Codes for an account that cannot pay: OpenAI's, then Anthropic's. */
const NO_CREDIT =
  /^(insufficient_quota|billing_hard_limit_reached|billing_not_active|enforced_spend_limit_reached|contract_spend_limit_reached)$/;

/** Anthropic's codes for an account that its owner, or Anthropic, has stopped. */
const ON_HOLD = /^(organization_on_hold|cmek_key_disabled|workspace_human_review_disabled)$/;

/** Causes of a failed connection with which nothing has been sent. */
const NOT_SENT =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|CERT_|ERR_TLS_|ERR_PROXY_|ERR_INVALID_URL|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED|UNABLE_TO_)/;

/**
 * Statuses of a server, or of what stands before it, that gave up waiting. The model may have answered. 520 and 524 are
 * Cloudflare's. https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/
 */
const GAVE_UP: ReadonlySet<number> = new Set([408, 502, 504, 520, 524]);

/** Runs one call; whatever it throws becomes one of the provider errors of `errors.ts`. */
export async function calling<T>(call: Call, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw providerError(error, call);
  }
}

/** What a call threw as one of `errors.ts`, with a message that says what to do. */
export function providerError(error: unknown, call: Call): Error {
  const isOurs = [ProviderAuthError, ProviderRejectedError, ProviderUnavailableError].some(
    (known) => error instanceof known,
  );
  if (isOurs) return error as Error;
  if (isUnsigned(error)) {
    const problem = "there are no AWS credentials; set them, or AWS_PROFILE";
    return new ProviderAuthError(`${call.provider}: ${problem}`, { missing: true });
  }
  const status = statusOf(error);
  if (status !== undefined) return statusError(error as RefusedAnswer, status, call);
  const causes = causesOf(error);
  const reason = causes.at(-1) ?? String(error);
  if (/^ERR_INVALID_(CHAR|HTTP_TOKEN)$/.test(reason)) return oddHeader(error, call);
  const sent = !causes.some((cause) => NOT_SENT.test(cause));
  const text = sent
    ? `no usable answer from ${call.access.base_url}`
    : `cannot be reached at ${call.access.base_url}`;
  return new ProviderUnavailableError(
    `${call.provider}: ${text} while ${call.what} (${clean(reason, call)})`,
    {
      cause: error,
      ambiguous: (call.kind === "create" || call.kind === "ask") && sent,
    },
  );
}

/** Node names the header, and not what it holds. */
function oddHeader(error: unknown, call: Call): ProviderAuthError {
  const problem = clean(error instanceof Error ? error.message : "", call);
  return new ProviderAuthError(`${call.provider}: ${problem}; check the environment variable that sets it`);
}

/**
 * The error of a create whose answer is no batch. A web page comes from another server. Anything else may be a batch
 * whose answer was spoiled: it is looked for.
 */
export function notABatch(answer: unknown, call: Call, cause: unknown): Error {
  const message = `${call.provider}'s answer to a create is not a batch`;
  return (
    webPage(answer, call, "a batch") ?? new ProviderUnavailableError(message, { cause, ambiguous: true })
  );
}

/** The error of a web page in place of what was asked for: from a wrong address, or a proxy. Null for anything else. */
export function webPage(answer: unknown, { provider, access }: Call, what: string): ProviderAuthError | null {
  if (typeof answer !== "string" || !/^\s*</.test(answer)) return null;
  return new ProviderAuthError(`${provider}: a web page came in place of ${what}; ${wrongAddress(access)}`);
}

function wrongAddress({ base_url }: Access): string {
  return `what answers at ${base_url} has no batch API; check the address, then start the job again`;
}

/** @throws ProviderRejectedError when what came is no list, as from a proxy or a server that is no provider's */
export function requireList(body: unknown, baseUrl: string): void {
  if (isObject(body) && Array.isArray(body.data)) return;
  throw new ProviderRejectedError(`what answers at ${baseUrl} is no provider's batch API`);
}

/** An answer that is no success: a `StatusError`, or what a provider made of one. */
interface RefusedAnswer {
  status: number;
  headers?: AnswerHeaders;
  error?: unknown;
  message: string;
}

/** An error carries the HTTP status of an answer, and none for a connection that failed. */
function statusOf(error: unknown): number | undefined {
  const status = isObject(error) ? error.status : undefined;
  return typeof status === "number" ? status : undefined;
}

function statusError(error: RefusedAnswer, status: number, call: Call): Error {
  const { code, message } = providerMessage(error);
  note({ provider_status: status, provider_code: code });
  const answered = `${call.provider} answered ${status} while ${call.what}`;
  // Errors are stored in execution histories, and a provider's words can quote a prompt: its code must do. For the
  // same reason there is no cause: a `StatusError` holds the whole answer.
  const named = code === null ? "" : `: ${code}`;
  const doing = `${answered}${named}`;
  if (status === 401)
    return new ProviderAuthError(
      `${call.provider} refused the API key (401)${named}${sourceOf(call.access)}`,
    );
  if (status === 403)
    return new ProviderAuthError(`${call.provider} refused access (403)${named}${sourceOf(call.access)}`);
  // A file asked for just after it was written can be missing for a moment.
  const unseenFile =
    call.kind === "create" && (status === 404 || status === 400) && /no such file/i.test(message);
  const unseen = (status === 404 || isRedirect(status)) && call.kind === "read";
  const passing = isTransientStatus(status) || unseen || unseenFile;
  // No credit left comes as a 429 or a 400, whatever the request: waiting does not help, paying does.
  if ((code !== null && NO_CREDIT.test(code)) || /credit balance is too low/i.test(message))
    return new ProviderAuthError(`${doing}; the account has no credit left: pay, then start the job again`);
  if (code !== null && ON_HOLD.test(code))
    return new ProviderAuthError(
      `${doing}; the account is not served: ask its administrator, then start the job again`,
    );
  if (!unseenFile && isWrongAddress(status, `${code} ${message}`, call))
    return new ProviderAuthError(`${answered}: ${wrongAddress(call.access)}`);
  if (!passing) {
    // The request was rejected. The reason goes into the items' results, and into no history.
    const reason = call.kind === "read" || !message ? doing : `${answered}: ${clean(message, call)}`;
    return new ProviderRejectedError(reason);
  }
  return new ProviderUnavailableError(doing, {
    retryAfterSeconds: waitOf(error, status, call),
    rateLimited: status === 429,
    ambiguous:
      call.kind === "create" ? status >= 500 || status === 408 : call.kind === "ask" && GAVE_UP.has(status),
  });
}

/** A redirect that was not followed: what leads elsewhere has taken nothing. */
const isRedirect = (status: number): boolean => status >= 300 && status < 400;

/** A redirect, 404 or 405 for a call that names nothing of ours: there is no such API. A create names a file and a model. */
function isWrongAddress(status: number, words: string, { kind }: Call): boolean {
  if (status === 405 || (isRedirect(status) && kind !== "read")) return true;
  // A server may quote the path, which has these words in it.
  return status === 404 && kind !== "read" && !/model|file|deployment/i.test(words.replace(/\/\S*/g, ""));
}

function sourceOf(access: Access): string {
  if (access.kind === "aws") return "; AWS credentials sign the call, so check their permissions";
  const { secretId } = access.api_key;
  return secretId === undefined ? "" : `; the key is that of the secret ${secretId}`;
}

/**
 * Seconds to wait. A rate limit without a `retry-after` has a wait too: it is no failure of ours. Whoever asks in real time
 * chooses it.
 */
function waitOf(error: RefusedAnswer, status: number, { kind }: Call): number | undefined {
  const asked = error.headers instanceof Map ? retryAfterSeconds(error.headers) : undefined;
  return asked ?? (status === 429 && kind !== "ask" ? RATE_LIMIT_WAIT : undefined);
}

/** Most have it in an `error` of the body, some at its top. */
function providerMessage(error: RefusedAnswer): { code: string | null; message: string } {
  const body = isObject(error.error) ? error.error : {};
  const inner = isObject(body.error) ? objectAt(body, "error") : body;
  // Anthropic's codes are finer than its types.
  const code =
    textAt(objectAt(inner, "details"), "error_code") ?? textAt(inner, "code") ?? textAt(inner, "type");
  return { code: code && CODE.test(code) ? code : null, message: textAt(inner, "message") ?? error.message };
}

/** Without keys, and short. */
function clean(message: string, call: Call): string {
  // A placeholder of a key ("k", "test") would blot out parts of words.
  const key = call.access.kind === "key" ? call.access.api_key.key : "";
  const bare = (key.length < 8 ? message : message.replaceAll(key, "…"))
    // OpenAI quotes a refused key in part: "Incorrect API key provided: sk-ab****yz".
    .replace(/\S*\*{3,}\S*/g, "…")
    .replace(/\bsk-[\w-]{8,}/g, "…");
  return bare.length > LONGEST_MESSAGE ? `${bare.slice(0, LONGEST_MESSAGE)}…` : bare;
}

/** Whether AWS's SDK found nothing to sign a call with, so that it was not sent. */
export function isUnsigned(error: unknown): boolean {
  return chainOf(error).some(({ name }) => name === "CredentialsProviderError");
}

/** What a chain of causes says, the code of each or else its message: "fetch failed" has its reason only there. */
function causesOf(error: unknown): string[] {
  return chainOf(error).map((at) => {
    const { code, syscall } = at as { code?: unknown; syscall?: unknown };
    // A timeout while connecting is a connection that never was.
    const unreached = (syscall === "connect" || at instanceof AggregateError) && code === "ETIMEDOUT";
    return unreached ? "EHOSTUNREACH" : typeof code === "string" ? code : at.message;
  });
}

function chainOf(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let at = error; at instanceof Error && chain.length < 8; at = at.cause) chain.push(at);
  return chain;
}
