import type { IncomingMessage } from "node:http";
import { hasLoneSurrogate } from "../../../shared/json/surrogates.ts";
import { ApiError } from "../api-error.ts";
import { bodyChunks } from "../http.ts";
import type { SandboxLimits } from "../limits.ts";
import { type LineWriter, writeLines } from "../lines.ts";
import { RequestSplitter } from "./request-splitter.ts";

export interface Received {
  requests: number;
  /** The first model named. */
  model: string | null;
}

/** Anthropic's rule for `custom_id`, from its error message and documentation. */
const CUSTOM_ID = /^[a-zA-Z0-9_-]{1,64}$/;

/**
 * Streams the body of a create to a JSONL file, one request a line. It checks what Anthropic checks before it answers:
 * shape and `custom_id`s. `params` are judged later, request by request.
 * @throws ApiError 400 for the whole batch, 413 above the limits.
 */
export async function receiveRequests(
  request: IncomingMessage,
  path: string,
  limits: SandboxLimits,
): Promise<Received> {
  const splitter = new RequestSplitter();
  const file = await writeLines(path);
  // At most 100,000 ids of 64 characters: the limit on requests is the limit of this set.
  const ids = new Set<string>();
  const received: Received = { requests: 0, model: null };
  let bytes = 0;
  try {
    for await (const chunk of bodyChunks(request)) {
      bytes += chunk.length;
      if (bytes > limits.anthropic_body_bytes) throw tooLarge("Request exceeds the maximum size");
      for (const element of splitter.push(chunk)) await takeRequest(element, received, ids, file, limits);
    }
    checkRest(splitter.end(), received);
  } finally {
    await file.close();
  }
  return received;
}

async function takeRequest(
  element: Buffer,
  received: Received,
  ids: Set<string>,
  file: LineWriter,
  limits: SandboxLimits,
): Promise<void> {
  const at = received.requests;
  received.requests += 1;
  if (received.requests > limits.anthropic_requests) {
    throw tooLarge(`requests: a batch may have at most ${limits.anthropic_requests} requests`);
  }
  const text = element.toString("utf8");
  const { custom_id, params } = parse(text);
  if (custom_id === undefined) throw new ApiError(400, `requests.${at}.custom_id: Field required`);
  if (typeof custom_id !== "string") {
    throw new ApiError(400, `requests.${at}.custom_id: Input should be a valid string`);
  }
  if (!CUSTOM_ID.test(custom_id)) {
    throw new ApiError(400, `requests.${at}.custom_id: String should match pattern '${CUSTOM_ID.source}'`);
  }
  if (ids.has(custom_id))
    throw new ApiError(400, `requests.${at}.custom_id: custom_ids must be unique within a batch`);
  ids.add(custom_id);
  if (params === undefined) throw new ApiError(400, `requests.${at}.params: Field required`);
  if (typeof params !== "object" || params === null || Array.isArray(params)) {
    throw new ApiError(400, `requests.${at}.params: Input should be a valid dictionary`);
  }
  const { model } = params as Record<string, unknown>;
  if (typeof model === "string") received.model ??= model;
  await file.write(text);
}

function parse(text: string): Record<string, unknown> {
  try {
    const parsed = JSON.parse(text) as Record<string, unknown>;
    if (!hasLoneSurrogate(text)) return parsed;
  } catch {
    throw new ApiError(400, "The request body is not valid JSON.");
  }
  throw new ApiError(400, "The request body is not valid JSON: no low surrogate in string.");
}

function checkRest(rest: unknown, received: Received): void {
  if (typeof rest !== "object" || rest === null || Array.isArray(rest)) {
    throw new ApiError(400, "The request body must be a JSON object.");
  }
  const { requests, ...others } = rest as Record<string, unknown>;
  if (requests === undefined) throw new ApiError(400, "requests: Field required");
  if (!Array.isArray(requests)) throw new ApiError(400, "requests: Input should be a valid list");
  if (received.requests === 0)
    throw new ApiError(400, "requests: List should have at least 1 item after validation");
  const extra = Object.keys(others)[0];
  if (extra !== undefined) throw new ApiError(400, `${extra}: Extra inputs are not permitted`);
}

function tooLarge(message: string): ApiError {
  return new ApiError(413, message, { type: "request_too_large" });
}
