import type { IncomingMessage } from "node:http";
import { decodedOr } from "../../shared/decoded.ts";
import { hasLoneSurrogate } from "../../shared/json/surrogates.ts";
import { isObject } from "../../shared/json/values.ts";
import { ApiError } from "./api-error.ts";
import type { SandboxProvider } from "./providers.ts";

/** What a route answers: a JSON body, a page, or a file of lines that is streamed. */
export type Reply =
  | { status: number; headers?: Record<string, string>; json: unknown }
  | { status: number; headers?: Record<string, string>; html: string }
  | { status: number; headers?: Record<string, string>; xml: string }
  | { status: number; headers?: Record<string, string>; file: { path: string; bytes: number; type: string } };

/** The reply of a call that went well. */
export const replyWith = (json: unknown): Reply => ({ status: 200, json });

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
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** Path under the API's prefix; `:id` stands for one segment. */
  path: string;
  operation: string;
  /** Whether the address itself is the right to call it: no key is asked for. */
  open?: true;
  handle(call: Call): Promise<Reply>;
}

/** A route as one line of a table. */
export function route(
  method: Route["method"],
  path: string,
  operation: string,
  handle: Route["handle"],
): Route {
  return { method, path, operation, handle };
}

/** One provider's API: where it lives, who may call it, and the form of its errors. */
export interface Api {
  provider: SandboxProvider;
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
    if (route.method !== method) continue;
    const id = idIn(route.path.split("/"), segments);
    if (id !== null) return { route, id };
  }
  return undefined;
}

/** The part of a path that stands for `:id`, empty when the pattern has none; null when the path does not match. */
function idIn(pattern: readonly string[], segments: readonly string[]): string | null {
  if (pattern.length !== segments.length) return null;
  let id = "";
  for (const [at, part] of pattern.entries()) {
    const segment = segments[at] as string;
    if (!part.startsWith(":id")) {
      if (part !== segment) return null;
      continue;
    }
    // A verb may follow it: `:id:cancel`.
    const verb = part.slice(":id".length);
    if (!segment.endsWith(verb) || segment.length === verb.length) return null;
    const decoded = decodedOr(segment.slice(0, segment.length - verb.length), null);
    if (decoded === null) return null;
    id = decoded;
  }
  return id;
}

/** The bearer token that a call comes with. */
export function bearerOf({ headers }: IncomingMessage): string | undefined {
  return /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1];
}

/** Most bytes of a body that is not a batch: Anthropic's limit for one message request. */
const MAX_JSON_BYTES = 32 * 1024 * 1024;

/**
 * The JSON body of one call.
 * @throws ApiError 400 when it is no JSON object or holds half a surrogate pair, 413 above 32 MB.
 */
export async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of bodyChunks(request)) {
    bytes += chunk.length;
    if (bytes > MAX_JSON_BYTES) throw new ApiError(413, "Request body too large.");
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new ApiError(400, "We could not parse the JSON body of your request.");
  }
  if (hasLoneSurrogate(text)) {
    throw new ApiError(400, "The request body is not valid JSON: no low surrogate in string.");
  }
  if (!isObject(body)) throw new ApiError(400, "The body of your request must be a JSON object.");
  return body;
}

/** The bytes of a body; leaving early keeps the connection, so that an error can still be answered. */
export function bodyChunks(request: IncomingMessage): AsyncIterable<Buffer> {
  return { [Symbol.asyncIterator]: () => request.iterator({ destroyOnReturn: false }) };
}
