import { type Json, objectAt } from "../../shared/json/values.ts";
import type { ApiSettings } from "./api-settings.ts";
import { type Call, type Reply, readJson } from "./http.ts";
import { type Answer, NO_TOKENS, type Protocol, type Tokens } from "./protocol.ts";
import type { Admission, RealtimeGate } from "./realtime-gate.ts";
import { ask, type Upstream } from "./upstream.ts";

/** What a provider's real-time routes need of their surroundings. */
export interface Realtime {
  protocol: Protocol;
  upstream: Upstream | undefined;
  clock: () => number;
  gate: RealtimeGate;
  counts: RealtimeCounts;
  headers(admission: Admission): Record<string, string>;
  /** @throws ApiError the provider's 429 */
  refuse(refused: NonNullable<Admission["refused"]>, headers: Record<string, string>): never;
  /** @throws ApiError when the request cannot be answered in real time: an unknown model, a stream */
  check(body: Record<string, unknown>): void;
}

/** What came of a provider's calls in real time, since the start. */
export interface RealtimeCounts {
  asked: number;
  answered: number;
  tokens: Tokens;
}

/** What a provider's real-time routes need; by default it sends no headers of limits, and checks nothing beforehand. */
export function realtimeOf(
  { upstream, clock, gate }: ApiSettings,
  protocol: Protocol,
  own: Pick<Realtime, "refuse"> & Partial<Pick<Realtime, "headers" | "check">>,
): Realtime {
  const counts = { asked: 0, answered: 0, tokens: { ...NO_TOKENS } };
  return { protocol, upstream, clock, gate, counts, headers: () => ({}), check: () => undefined, ...own };
}

/**
 * Answers one request at once, with the answer that it would get in a batch.
 * @param fields what a batch's record would hold of its own: the endpoint, betas
 */
export async function answerNow(
  realtime: Realtime,
  { request }: Call,
  fields: Record<string, unknown>,
): Promise<Reply> {
  const { gate, counts } = realtime;
  const body = await readJson(request);
  realtime.check(body);
  const admission = gate.admit(
    Math.ceil(Number(request.headers["content-length"] ?? 0) / 4) + mostTokens(body),
  );
  const headers = realtime.headers(admission);
  if (admission.refused) realtime.refuse(admission.refused, headers);
  counts.asked += 1;
  const asked = {
    id: `realtime-${counts.asked}`,
    created: realtime.clock(),
    fields: { ...fields, realtime: true },
  };
  const answer = await gate.run(() => answerOf(realtime, asked, body));
  if (answer.status === 200) {
    counts.answered += 1;
    for (const kind of Object.keys(NO_TOKENS) as (keyof Tokens)[]) counts.tokens[kind] += answer.usage[kind];
  }
  return { status: answer.status, headers, json: answer.body };
}

async function answerOf(
  { protocol, upstream }: Realtime,
  asked: Parameters<Protocol["answer"]>[0],
  body: Record<string, unknown>,
): Promise<Answer> {
  const request = { custom_id: asked.id, body };
  if (!upstream) return protocol.answer(asked, request);
  const answer = await ask(asked, protocol, upstream, request, new AbortController().signal);
  return answer as Answer;
}

/** Names of the most output tokens; Bedrock and Gemini have them in a part of the body. */
const MOST = [
  ...["max_completion_tokens", "max_output_tokens", "max_tokens", "max_gen_len"],
  ...["maxTokens", "maxOutputTokens"],
];

function mostTokens(body: Json): number {
  const parts: Json = {
    ...body,
    ...objectAt(body, "inferenceConfig"),
    ...objectAt(body, "generationConfig"),
  };
  const given = MOST.map((name) => parts[name]);
  return given.find((most): most is number => typeof most === "number" && most > 0) ?? 0;
}
