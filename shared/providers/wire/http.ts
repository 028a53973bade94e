/**
 * HTTP by Node's own client. `fetch` takes some 100 ms of CPU before its first answer, and three times the CPU of each
 * later one. It tees streamed bodies unless it is told not to. It gives up after 300 seconds without a header, whatever
 * time-out it is given.
 */
import { Agent, type AgentOptions, globalAgent, type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";
import { pipeline, type Readable, type Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";

/** Bytes of an answer that is read whole; a batch of embeddings in one request may come near. */
const LONGEST_ANSWER = 64 * 1024 * 1024;
/** Milliseconds after which an unused connection is closed: before a server would, while a request is on its way. */
const IDLE = 4_000;
/** Milliseconds to connect in, and without a byte of an answer that has begun. */
const CONNECT = 10_000;
const SILENCE = 300_000;
const MOST_REDIRECTS = 5;

// Node gives the environment's proxy to its own agent alone: https://nodejs.org/api/http.html#built-in-proxy-support
const { proxyEnv } = (globalAgent as Agent & { options: AgentOptions }).options;
const AGENT = { keepAlive: true, timeout: IDLE, ...(proxyEnv && { proxyEnv }) };
const PLAIN = new Agent(AGENT);
/** Loaded for the first address that needs it: with TLS it takes as long to load as all else here. */
let secure: Promise<{ request: typeof request; agent: Agent }> | undefined;

/** What a server compresses, although nobody asked it to. */
const DECODERS = new Map<string, (() => Transform) | undefined>([
  ["", undefined],
  ["identity", undefined],
  ["gzip", createGunzip],
  ["deflate", createInflate],
  ["br", createBrotliDecompress],
]);

/** By names in lower case. */
export type AnswerHeaders = ReadonlyMap<string, string>;

/** A request, without its address. */
export interface HttpRequest {
  /** Default: GET. */
  method?: string;
  headers?: Record<string, string>;
  /** Bytes that are streamed need a `content-length` among the headers: real APIs need not take a chunked body. */
  body?: string | AsyncIterable<Uint8Array>;
  /** Milliseconds until the answer's headers. */
  timeout?: number;
  /** Ends the connection, while the answer is read as well. */
  signal?: AbortSignal;
  /** Whether redirects are followed; what leads to another server goes without credentials. Default: they are the answer. */
  follow?: boolean;
}

/** An answer whose body is still to be read, or destroyed. */
export interface HttpAnswer {
  status: number;
  headers: AnswerHeaders;
  body: Readable;
}

/** An answer whose status is no success. */
export class StatusError extends Error {
  override name = "StatusError";
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** The body, where it is JSON. */
  readonly error: unknown;
  constructor({ status, headers }: HttpAnswer, text: string, error: unknown) {
    super(`${status} ${text.slice(0, 2000) || "status code (no body)"}`);
    this.status = status;
    this.headers = headers;
    this.error = error;
  }
}

/** Sends a request once, and follows where its answer leads. @throws the connection's error, or the signal's reason */
export async function send(url: URL, request: HttpRequest): Promise<HttpAnswer> {
  let at = url;
  for (let redirects = 0; ; redirects++) {
    const { range } = request.headers ?? {};
    const headers = at.origin === url.origin ? request.headers : range === undefined ? {} : { range };
    const answer = await sendTo(at, { ...request, headers });
    const location = answer.status >= 300 && answer.status < 400 && answer.headers.get("location");
    if (!location || !request.follow || redirects === MOST_REDIRECTS) return answer;
    answer.body.destroy();
    at = new URL(location, at);
  }
}

/** How an address is asked, by its protocol. */
async function clientOf({ protocol }: URL): Promise<{ request: typeof request; agent: Agent }> {
  if (protocol !== "https:") return { request, agent: PLAIN };
  secure ??= import("node:https").then((https) => ({
    request: https.request,
    agent: new https.Agent(AGENT),
  }));
  return secure;
}

async function sendTo(
  url: URL,
  { method, headers, body, timeout, signal }: HttpRequest,
): Promise<HttpAnswer> {
  const client = await clientOf(url);
  signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  const bytes = typeof body === "string" ? Buffer.from(body) : undefined;
  const sending = client.request(url, {
    method: method ?? "GET",
    agent: client.agent,
    headers: { ...headers, ...(bytes && { "content-length": bytes.length }) },
  });
  // More or fewer bytes than were announced would be a part of the next request, or be waited for.
  Object.assign(sending, { strictContentLength: true });
  let answer: IncomingMessage | undefined;
  const end = () => {
    clearTimeout(clock);
    signal?.removeEventListener("abort", onAbort);
  };
  const fail = (error: unknown) => {
    end();
    reject(error);
  };
  // A request without a socket, as on the way through a proxy, does not say that it was destroyed.
  const giveUp = (error: Error) => {
    fail(error);
    answer?.destroy(error);
    sending.destroy(error);
  };
  const onAbort = () => giveUp(signal?.reason);
  signal?.addEventListener("abort", onAbort);
  const clock =
    timeout === undefined
      ? undefined
      : setTimeout(() => giveUp(new Error(`no answer in ${timeout / 1000} s`)), timeout);
  sending.on("error", fail);
  // After a change of protocols, which nobody asked for, there is no error. Any other reason comes first.
  sending.once("close", () => {
    if (!answer) setImmediate(() => fail(new Error("the connection was closed before an answer")));
  });
  sending.once("socket", (socket: Socket) => {
    if (!socket.connecting) return;
    const reason = Object.assign(new Error("connect ETIMEDOUT"), { code: "ETIMEDOUT", syscall: "connect" });
    const connecting = setTimeout(() => giveUp(reason), CONNECT);
    for (const event of [url.protocol === "https:" ? "secureConnect" : "connect", "close"])
      socket.once(event, () => clearTimeout(connecting));
  });
  sending.once("response", (arrived: IncomingMessage) => {
    clearTimeout(clock);
    const received = new Map(Object.entries(arrived.headers).map(([name, value]) => [name, String(value)]));
    const encoding = received.get("content-encoding")?.toLowerCase() ?? "";
    // Nothing of it could be read, and each item would be asked, and paid, again.
    if (!DECODERS.has(encoding))
      return giveUp(new Error("the answer has a content-encoding that was not asked for"));
    answer = arrived;
    arrived.once("close", end);
    sending.setTimeout(SILENCE, () => arrived.destroy(new Error(`nothing came for ${SILENCE / 1000} s`)));
    const decoder = DECODERS.get(encoding)?.();
    const decoded = decoder ? pipeline(arrived, decoder, () => {}) : arrived;
    resolve({ status: arrived.statusCode ?? 0, headers: received, body: decoded });
  });
  if (body === undefined || typeof body === "string") sending.end(bytes);
  // A body that cannot be read has no error of the request. A server that answers early may not take the rest.
  else pipeline(body, sending, (error) => error && fail(error));
  return promise;
}

/** All of an answer. @throws the connection's error */
export async function readAll({ body }: HttpAnswer): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > LONGEST_ANSWER) throw new Error(`an answer of more than ${LONGEST_ANSWER} bytes`);
    chunks.push(chunk);
  }
  // Without a byte order mark, which JSON may not have.
  return new TextDecoder().decode(Buffer.concat(chunks));
}
