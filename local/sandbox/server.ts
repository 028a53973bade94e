import { randomUUID } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { refuseForeigners } from "../loopback.ts";
import { ApiError } from "./api-error.ts";
import type { Fault, FaultAnswer, FaultPlan } from "./faults.ts";
import type { Api, Reply } from "./http.ts";
import { findRoute } from "./http.ts";
import { bodyOf } from "./reply-body.ts";

/** What came of one call, without what was said in it. */
export interface ServedCall {
  method: string;
  /** Without the query. */
  path: string;
  /** Null when the connection was cut before the whole answer was sent. */
  status: number | null;
}

/** What may be said of a server. */
export interface ServerOptions {
  faults?: FaultPlan;
  onCall?: (call: ServedCall) => void;
}

/** A server for some APIs, with faults; it does not listen yet. */
export function createApiServer(apis: Api[], { faults, onCall }: ServerOptions): Server {
  const counts = new Map<string, number>();
  const server = createServer((request, response) => {
    if (onCall) response.once("close", () => onCall(served(request, response)));
    serve(request, response).catch(() => response.destroy());
  });
  // Uploads of hundreds of megabytes on a busy machine outlast node's default of five minutes.
  server.requestTimeout = 0;
  refuseForeigners(server);

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    const api = apis.find(({ prefix }) => url.pathname.startsWith(`${prefix}/`));
    if (!api) {
      await send(
        request,
        response,
        { status: 404, json: { error: { message: whereApisAre(apis) } } },
        undefined,
      );
      return;
    }
    const requestId = `req_${randomUUID().replaceAll("-", "")}`;
    response.setHeader(api.requestIdHeader, requestId);
    const found = findRoute(api, request.method ?? "", url.pathname);
    const operation = found?.route.operation ?? "unknown";
    const key = `${api.provider} ${operation}`;
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    const fault = faults?.({
      provider: api.provider,
      operation,
      method: request.method ?? "",
      path: url.pathname,
      key: api.keyOf(request),
      count,
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
      api.authorize(request);
      if (!found)
        throw new ApiError(
          404,
          `Unknown request URL: ${request.method} ${url.pathname}. The sandbox has batches only.`,
          unknownUrl(api),
        );
      const origin = `http://${request.headers.host ?? "127.0.0.1"}`;
      reply = await found.route.handle({ request, query: url.searchParams, id: found.id, origin });
    } catch (error) {
      const known = error instanceof ApiError ? error : unexpected(error);
      reply = { status: known.status, headers: known.headers, json: api.errorBody(known, requestId) };
    }
    if (fault?.kind === "drop") request.socket.destroy();
    else if (fault?.kind === "lose")
      await send(request, response, faultReply(api, fault.answer, requestId), undefined);
    else await send(request, response, reply, fault);
  }
  return server;
}

function served({ method = "", url = "/" }: IncomingMessage, response: ServerResponse): ServedCall {
  const [path = ""] = url.split("?", 1);
  return { method, path, status: response.writableFinished ? response.statusCode : null };
}

/** An error of the sandbox's own. Its message may quote a request, so only its name and code are told. */
function unexpected(error: unknown): ApiError {
  const name = error instanceof Error ? error.name : "Error";
  const code = error instanceof Error && "code" in error ? ` ${error.code}` : "";
  return new ApiError(500, `The sandbox failed: ${name}${code}.`, { type: "api_error" });
}

/** The usual reason to come elsewhere is a base URL without its path. */
function whereApisAre(apis: Api[]): string {
  const bases = apis.map(({ provider, prefix }) => `${prefix} (${provider})`);
  return `Nothing is here; the base URLs of the sandbox end in ${bases.join(" and ")}.`;
}

function unknownUrl(api: Api): { type: string } {
  return { type: api.provider === "anthropic" ? "not_found_error" : "invalid_request_error" };
}

function faultReply(api: Api, answer: FaultAnswer, requestId: string): Reply {
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
    await pipeline(body, response);
    return;
  }
  await pipeline(body, firstBytes(fault.bytes), response, { end: false });
  // Let the bytes leave before the cut.
  await new Promise((resolve) => response.write("", resolve));
  response.destroy();
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
