import type { Plan, StoredBatch } from "./batch.ts";
import type { Outcome } from "./schedule.ts";

/** An HTTP answer to one request of a batch, and what it cost. */
export interface Answer {
  status: number;
  body: unknown;
  usage: Tokens;
}

/** Tokens of an answer. `cached` and `written` (to the cache) are part of `input`, `reasoning` is part of `output`. */
export interface Tokens {
  input: number;
  cached: number;
  written: number;
  output: number;
  reasoning: number;
}

/** Of an answer that is none. */
export const NO_TOKENS: Readonly<Tokens> = { input: 0, cached: 0, written: 0, output: 0, reasoning: 0 };

/** One request of a batch, parsed from its line. */
export interface BatchRequest {
  custom_id: string;
  body: Record<string, unknown>;
}

/** A request as an OpenAI-compatible server takes it. */
export interface UpstreamRequest {
  /** Path under the base URL. */
  path: string;
  body: Record<string, unknown>;
}

/** What requests are part of: a batch, or one call in real time. */
export type Asked = Pick<StoredBatch, "id" | "created" | "fields">;

/** What is a provider's own about running a batch; the rest is the same for both. */
export interface Protocol {
  /** Reads the requests of a batch, which are in the file `path`, and decides whether it may run. */
  inspect(batch: StoredBatch, path: string): Promise<Plan>;
  parse(line: Buffer): BatchRequest;
  /** The sandbox's answer: a pure function of the request. */
  answer(asked: Asked, request: BatchRequest): Answer;
  /** The request in an OpenAI-compatible server's form, or the answer when it never gets that far. */
  toUpstream(asked: Asked, request: BatchRequest): UpstreamRequest | Answer;
  /** The upstream server's answer in the provider's own form. */
  fromUpstream(asked: Asked, request: BatchRequest, status: number, body: unknown): Answer;
  /** The result line of a request that ran; `request` is its body, for a provider that repeats it. */
  ranLine(
    batch: StoredBatch,
    customId: string,
    answer: Pick<Answer, "status" | "body">,
    request?: Record<string, unknown>,
  ): string;
  /** The result line of one that did not; null: it has none. */
  unrunLine(batch: StoredBatch, customId: string, outcome: Outcome): string | null;
  /** Results come in the order of the requests. */
  readonly inOrder?: true;
  /** A batch that was cancelled or has expired has no results at all, and costs nothing. */
  readonly allOrNothing?: true;
  /** Result lines repeat the request. */
  readonly echoes?: true;
  /** Whether results that are no answers go to a file of their own (OpenAI) or among the others (Anthropic). */
  readonly separateErrors: boolean;
}
