import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { refuseForeigners } from "../loopback.ts";
import { ApiError } from "./api-error.ts";
import type { CountedFaults, Fault, FaultAnswer } from "./faults.ts";
import { type Api, findRoute, type Reply } from "./http.ts";
import { SANDBOX_PREFIXES } from "./providers.ts";
import { bodyOf } from "./reply-body.ts";
import { type Buckets, S3_PREFIX, s3Refusal } from "./s3/buckets.ts";
import { OBJECTS } from "./strikes.ts";

/** What came of one call, without what was said in it. */
export interface ServedCall {
  method: string;
  /** Without the query. */
  path: string;
  /** Null when the connection was cut before the whole answer was sent. */
  status: number | null;
}

export interface ServerOptions {
  faults: CountedFaults;
  onCall: ((call: ServedCall) => void) | undefined;
  buckets: Buckets;
}

/** A server for some APIs, with faults; it does not listen yet. */
export function createApiServer(apis: Api[], { faults, onCall, buckets }: ServerOptions): Server {
  const server = createServer((request, response) => {
    if (onCall) response.once("close", () => onCall(served(request, response)));
    serve(request, response).catch(() => response.destroy());
  });
  // Uploads of hundreds of megabytes on a busy machine outlast node's default of five minutes.
  server.requestTimeout = 0;
  refuseForeigners(server);

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = URL.parse(request.url ?? "/", "http://127.0.0.1");
    if (url?.pathname.startsWith(`${S3_PREFIX}/`)) {
      await serveObject(request, response, url);
      return;
    }
    const path = unaliased(url?.pathname ?? "", request);
    const api = apis.find(({ prefix }) => path.startsWith(`${prefix}/`));
    if (!url || !api) {
      await send(request, response, { status: 404, json: { error: { message: apisText(apis) } } }, undefined);
      return;
    }
    const requestId = `req_${randomUUID().replaceAll("-", "")}`;
    response.setHeader(api.requestIdHeader, requestId);
    const found = findRoute(api, request.method ?? "", path);
    const fault = faults.next({
      provider: api.provider,
      operation: found?.route.operation ?? "unknown",
      method: request.method ?? "",
      path,
      key: api.keyOf(request),
    });
    if (fault?.kind === "refuse") {
      request.socket.destroy();
      return;
    }
    if (fault?.kind === "answer") {
      await send(request, response, faultReply(api, fault.answer, requestId), undefined);
      return;
    }
    let reply: Reply;
    try {
      if (!found?.route.open) api.authorize(request);
      if (!found)
        throw new ApiError(
          404,
          `Unknown request URL: ${request.method} ${url.pathname}. The sandbox does not have it.`,
          unknownUrl(api),
        );
      const origin = `http://${request.headers.host ?? "127.0.0.1"}`;
      reply = await found.route.handle({ request, query: url.searchParams, id: found.id, origin });
      if (fault?.kind === "edit" && "json" in reply) reply = { ...reply, json: fault.edit(reply.json) };
    } catch (error) {
      const known = error instanceof ApiError ? error : unexpected(error);
      reply = { status: known.status, headers: known.headers, json: api.errorBody(known, requestId) };
    }
    if (fault?.kind === "drop") request.socket.destroy();
    else if (fault?.kind === "lose")
      await send(request, response, faultReply(api, fault.answer, requestId), undefined);
    else await send(request, response, reply, fault);
  }

  /** A call of the sandbox's S3: `objects.get`, `objects.put` and so on. Faults of kinds that act on JSON leave it alone. */
  async function serveObject(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const { method = "" } = request;
    const operation = `${OBJECTS}${method.toLowerCase()}`;
    const fault = faults.next({ provider: "bedrock", operation, method, path: url.pathname, key: undefined });
    if (fault?.kind === "refuse") {
      request.socket.destroy();
      return;
    }
    const answered = fault?.kind === "answer" ? s3Refusal(fault.answer.status) : undefined;
    await send(request, response, answered ?? (await buckets.handle(request, url)), fault);
  }
  return server;
}

/**
 * `/v1` without a provider's prefix, as clients of one provider's own address call it: Anthropic's when only
 * Anthropic has the path or the call has its version header, else OpenAI's.
 */
function unaliased(path: string, { headers }: IncomingMessage): string {
  if (!path.startsWith("/v1/")) return path;
  const anthropic = path.startsWith("/v1/messages") || headers["anthropic-version"] !== undefined;
  return anthropic ? `${SANDBOX_PREFIXES.anthropic}${path}` : `${SANDBOX_PREFIXES.openai}${path.slice(3)}`;
}

function served({ method = "", url = "/" }: IncomingMessage, response: ServerResponse): ServedCall {
  const [path = ""] = url.split("?", 1);
  return { method, path, status: response.writableFinished ? response.statusCode : null };
}

/** An error of the sandbox's own. Its message may quote a request, so only its name and code are reported. */
function unexpected(error: unknown): ApiError {
  const name = error instanceof Error ? error.name : "Error";
  const code = error instanceof Error && "code" in error ? ` ${error.code}` : "";
  return new ApiError(500, `The sandbox failed: ${name}${code}.`, { type: "api_error" });
}

/** The usual reason to come elsewhere is a base URL without its path. */
function apisText(apis: Api[]): string {
  const bases = apis.map(({ provider, prefix }) => `${prefix} (${provider})`);
  return `Nothing is here; the base URLs of the sandbox end in ${bases.join(", ")}.`;
}

function unknownUrl(api: Api): { type: string } {
  return { type: api.provider === "anthropic" ? "not_found_error" : "invalid_request_error" };
}

function faultReply(api: Api, answer: FaultAnswer, requestId: string): Reply {
  if (answer.html !== undefined) return { status: answer.status, html: answer.html };
  const error = new ApiError(answer.status, `Injected fault: HTTP ${answer.status}.`, {
    type: faultType(answer.status),
  });
  const json = answer.body ?? api.errorBody(error, requestId);
  return { status: answer.status, headers: answer.headers ?? {}, json };
}

function faultType(status: number): string {
  if (status === 429) return "rate_limit_error";
  if (status === 404) return "not_found_error";
  if (status === 529) return "overloaded_error";
  return status >= 500 ? "api_error" : "invalid_request_error";
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  reply: Reply,
  fault: Fault | undefined,
): Promise<void> {
  // A body nobody read is drained, or the client would see a reset connection in place of the answer.
  if (!request.readableEnded) request.resume();
  const { status = reply.status, body, headers } = bodyOf(reply, request.headers.range, fault);
  response.writeHead(status, { ...headers, ...reply.headers });
  if (fault?.kind !== "cut") {
    if (fault?.kind === "slow") await pipeline(body, slowly(fault.milliseconds), response);
    else await pipeline(body, response);
    return;
  }
  await pipeline(body, firstBytes(fault.bytes), response, { end: false });
  // Let the bytes leave before the cut.
  await new Promise((resolve) => response.write("", resolve));
  response.destroy();
}

/** The same bytes, each chunk in ten pieces with pauses between them. */
function slowly(milliseconds: number): Transform {
  return new Transform({
    async transform(chunk: Buffer, _encoding, done) {
      const size = Math.max(1, Math.ceil(chunk.length / 10));
      for (let at = 0; at < chunk.length; at += size) {
        await sleep(milliseconds / 10);
        this.push(chunk.subarray(at, at + size));
      }
      done();
    },
  });
}

function firstBytes(count: number): Transform {
  let left = count;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const piece = chunk.subarray(0, left);
      left -= piece.length;
      done(null, piece);
    },
  });
}
