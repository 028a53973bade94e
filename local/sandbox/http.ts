import type { IncomingMessage } from "node:http";
import type { ProviderName } from "../../shared/models.ts";
import { ApiError } from "./api-error.ts";

/** What a route answers: a JSON body, or a file of lines that is streamed. */
export type Reply =
  | { status: number; headers?: Record<string, string>; json: unknown }
  | { status: number; headers?: Record<string, string>; file: { path: string; bytes: number; type: string } };

/** One request on its way through a route. */
export interface Call {
  request: IncomingMessage;
  query: URLSearchParams;
  /** The value of the path's `:id`, or an empty string. */
  id: string;
  /** `http://host:port` as the client sees it, for absolute URLs in answers. */
  origin: string;
}

/** One route of an API; `operation` is the SDK's name for it, by which faults are aimed. */
export interface Route {
  method: "GET" | "POST" | "DELETE";
  /** Path under the API's prefix; `:id` stands for one segment. */
  path: string;
  operation: string;
  handle(call: Call): Promise<Reply>;
}

/** One provider's API: where it lives, who may call it, what its errors look like. */
export interface Api {
  provider: ProviderName;
  prefix: string;
  requestIdHeader: string;
  routes: Route[];
  /** The key that a call comes with. */
  keyOf(request: IncomingMessage): string | undefined;
  /** @throws ApiError when the caller has no right to call. */
  authorize(request: IncomingMessage): void;
  errorBody(error: ApiError, requestId: string): unknown;
}

/** A route that matches, and its `:id`. */
export function findRoute(api: Api, method: string, path: string): { route: Route; id: string } | undefined {
  const segments = path.slice(api.prefix.length).split("/");
  for (const route of api.routes) {
    const pattern = route.path.split("/");
    if (route.method !== method || pattern.length !== segments.length) continue;
    if (!pattern.every((part, at) => part === segments[at] || (part === ":id" && segments[at] !== "")))
      continue;
    return { route, id: decodeURIComponent(segments[pattern.indexOf(":id")] ?? "") };
  }
  return undefined;
}

/**
 * A small JSON body.
 * @throws ApiError 400 when it is no JSON object, 413 above 1 MB.
 */
export async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of bodyChunks(request)) {
    bytes += chunk.length;
    if (bytes > 1024 * 1024) throw new ApiError(413, "Request body too large.");
    chunks.push(chunk);
  }
  let body: unknown;
  try {
    body = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw new ApiError(400, "We could not parse the JSON body of your request.");
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new ApiError(400, "The body of your request must be a JSON object.");
  }
  return body as Record<string, unknown>;
}

/** The bytes of a body; leaving early keeps the connection, so that an error can still be answered. */
export function bodyChunks(request: IncomingMessage): AsyncIterable<Buffer> {
  return { [Symbol.asyncIterator]: () => request.iterator({ destroyOnReturn: false }) };
}
