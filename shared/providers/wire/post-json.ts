/**
 * One POST of JSON by Node's own HTTP client. `fetch` takes three times the CPU, and gives up after 300 seconds without a
 * header, whatever time-out it is given.
 */
import { Agent, type IncomingMessage, request } from "node:http";
import { Agent as SecureAgent, request as secureRequest } from "node:https";
import { jsonOr } from "./json.ts";

/** Bytes of an answer; a batch of embeddings in one request may come near. */
const LONGEST_ANSWER = 64 * 1024 * 1024;
/** Milliseconds after which an unused connection is closed: before a server would, while a request is on its way. */
const IDLE = 4_000;

const AGENT = new Agent({ keepAlive: true, timeout: IDLE });
const SECURE_AGENT = new SecureAgent({ keepAlive: true, timeout: IDLE });

/** An answer as the SDKs throw it, when its status is no success. */
export class StatusError extends Error {
  override name = "StatusError";
  readonly status: number;
  readonly headers: Headers;
  /** The body, parsed where it is JSON; OpenAI's without the `error` around it, as the SDK has it. */
  readonly error: unknown;
  constructor(status: number, headers: Headers, body: string) {
    super(`${status}`);
    this.status = status;
    this.headers = headers;
    this.error = jsonOr(body, {});
  }
}

/** Where to, and with what. */
export interface JsonPost {
  url: URL;
  headers: Record<string, string>;
}

/**
 * Sends a body once and reads the whole answer. Redirects are not followed.
 * @param signal ends the connection, while the answer is read as well
 * @throws StatusError, the connection's error, or the signal's reason
 */
export function postJson(
  { url, headers }: JsonPost,
  body: string,
  signal: AbortSignal,
): Promise<{ headers: Headers; body: string }> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<{ headers: Headers; body: string }>();
  const isSecure = url.protocol === "https:";
  const bytes = Buffer.from(body);
  const sending = (isSecure ? secureRequest : request)(url, {
    method: "POST",
    agent: isSecure ? SECURE_AGENT : AGENT,
    headers: { ...headers, "content-length": bytes.length },
  });
  const onAbort = () => sending.destroy(signal.reason);
  signal.addEventListener("abort", onAbort);
  sending.once("error", (error) => reject(signal.aborted ? signal.reason : error));
  sending.once("response", (answer) => {
    readText(answer)
      .then((text) => {
        const heads = new Headers(answer.headers as Record<string, string>);
        const { statusCode = 0 } = answer;
        if (statusCode >= 200 && statusCode < 300) resolve({ headers: heads, body: text });
        else reject(new StatusError(statusCode, heads, text));
      })
      .catch(reject);
  });
  sending.end(bytes);
  return promise.finally(() => signal.removeEventListener("abort", onAbort));
}

function readText(answer: IncomingMessage): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  let length = 0;
  answer.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
    if (length > LONGEST_ANSWER) answer.destroy(new Error(`an answer of more than ${LONGEST_ANSWER} bytes`));
  });
  answer.once("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
  answer.once("error", reject);
  // A connection that is cut in the middle ends without an `end`.
  answer.once("close", () => reject(new Error("the answer broke off")));
  return promise;
}
