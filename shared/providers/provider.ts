import type { Readable } from "node:stream";
import type {
  BatchStatus,
  Endpoint,
  ItemCounts,
  ItemStatus,
  JobSpec,
  LLMResponse,
  Usage,
} from "../models.ts";
import type { AnswerHeaders } from "./wire/http.ts";

/** A batch as it stands at its provider. */
export interface ProviderBatch {
  /** The provider's id of the batch. */
  id: string;
  status: BatchStatus;
  /** The provider's own word, when it is a status that is not known; `status` is then `in_progress`. */
  unknown_status?: string;
  /** Unix seconds by the provider's clock; 0 when it does not say. */
  created_at: number;
  request_count: number;
  counts: ItemCounts;
  /** Tokens of the whole batch, where the provider reports them (OpenAI, once it has ended). */
  usage?: Usage;
  /** Why the batch failed, for people. */
  error: string | null;
  /** Unix seconds by the provider's clock at which each status was reached. */
  times: Partial<Record<BatchStatus, number>>;
  /** The provider's own object. */
  raw: unknown;
}

/** What is needed to read or remove what a batch left at its provider. */
export type EndedBatch = Pick<ProviderBatch, "id" | "raw">;

/** Why a provider failed a whole batch. */
export interface BatchFailure {
  /**
   * `account`: a person must act, and then all can be sent again. `passing`: all can be sent again. `lines`: all but those
   * in `lines` can be sent again. `requests`: all are refused.
   */
  kind: "account" | "passing" | "lines" | "requests";
  /** The reasons of single requests, by their number in the request file, from 1. */
  lines: ReadonlyMap<number, string>;
  /** For people. */
  message: string;
}

/** Our marks on a batch, known before it is created. */
export interface BatchMark {
  job_id: string;
  batch: number;
  round: number;
  /** The short hash of (job, batch, round) that begins every `custom_id` on the wire. */
  tag: string;
  /** Counts the tries to create it. */
  attempt?: number;
}

/** What `submitBatch` sends. */
export interface BatchSubmission {
  mark: BatchMark;
  spec: JobSpec;
  /** The object of the request file, for a provider that reads it there. */
  object?: { bucket: string; key: string };
  /** Opens the request file afresh; the bytes are exactly what the provider gets. */
  open: () => Promise<Readable>;
  /** Length of those bytes. */
  bytes: number;
  request_count: number;
  /**
   * Called right before the one call that makes the batch; until it has returned, no batch can exist. Where a file was
   * uploaded, it gets the provider's id of that.
   */
  beforeCreate: (uploadedFileId: string | null) => Promise<void>;
}

/** What `findBatch` searches for: a batch whose create may have been accepted although its answer was lost. */
export interface BatchQuery {
  mark: BatchMark;
  request_count: number;
  /** Unix seconds: when the create was sent. */
  created_after: number;
  /** The provider's id of the uploaded file that the create named: a batch of that file is surely the one. */
  upload_id?: string | null | undefined;
}

/** The text of a JSON value, on one line, as it was received wherever that is possible. */
export type JsonText = string;

/** A model's answer. What came as JSON stays text, so that no digit and no order of keys is lost. */
export interface ItemAnswer extends Omit<LLMResponse, "parsed" | "tool_calls" | "raw"> {
  parsed: JsonText | null;
  tool_calls: { id: string; name: string; arguments: JsonText }[];
  raw: JsonText;
}

export type OnHeaders = (headers: AnswerHeaders) => void;

/** One request that is asked in real time. */
export interface NowRequest {
  /** OpenAI's; other protocols have one. */
  endpoint: Endpoint;
  custom_id: string;
  /** See `JobSpec`. */
  betas?: readonly string[] | undefined;
  /** The very body that a batch would hold. */
  body: JsonText;
  /** The job's: in Mistral's batches it stands beside the bodies. */
  model: string;
}

/** What became of one item, whatever the provider's shape for it. */
export interface ItemOutcome {
  /** The wire `custom_id`, or null when the result line could not be read. */
  custom_id: string | null;
  status: Extract<ItemStatus, "succeeded" | "failed" | "expired" | "cancelled">;
  response: ItemAnswer | null;
  /** The model that answered, where a batch may have several (Anthropic). */
  model?: string;
  /** For people: what was wrong. Null exactly when `response` is an answer worth keeping. */
  error: string | null;
  /** The provider's result line, without the body that is in `response.raw`. */
  raw: JsonText;
  /** Whether the same request may succeed when sent again (5xx, rate limit, overload, expiry). */
  retryable: boolean;
}

/**
 * The result line that was given last, and where it begins: reading can resume there, and gives that
 * line again. Made by `firstPlace`; plain JSON.
 */
export interface ResultsPlace {
  /** Which of the batch's files, from 0. */
  file: number;
  /** The byte of that file. */
  byte: number;
  /** The line's own `custom_id`; absent while none was given. */
  custom_id?: string | null;
}

/** The beginning of all results. */
export function firstPlace(): ResultsPlace {
  return { file: 0, byte: 0 };
}

/** The results have changed at the position at which reading was to resume: they must be read from the beginning. */
export class ResultsChangedError extends Error {
  override name = "ResultsChangedError";
}

/**
 * A provider of batch inference.
 *
 * Every method throws `ProviderAuthError`, `ProviderRejectedError` or `ProviderUnavailableError`.
 */
export interface Provider {
  /** True when `findBatch` finds batches by our own mark on them, false when only by time and count. */
  readonly findsByMark: boolean;
  /** True when the provider limits the tokens that a model's batches have waiting; see `token-ledger.ts`. */
  readonly limitsQueuedTokens: boolean;
  /** Uploads and creates one batch. The create is sent once: never retried here. */
  submitBatch(submission: BatchSubmission): Promise<ProviderBatch>;
  /** The batch as it stands; a 404 is transient (`ProviderUnavailableError`): it may just have been created. */
  pollStatus(id: string): Promise<ProviderBatch>;
  /**
   * The result lines of an ended batch, in the provider's order, streamed, those of a chunk at a time. They are made as
   * they are read, so each chunk must be read before the next. They begin at `place`, which is moved along: it is
   * always the position of the last outcome given.
   * @throws ResultsChangedError when the results at `place` are not those that were there before
   */
  getResults(batch: EndedBatch, place?: ResultsPlace): AsyncIterable<Iterable<ItemOutcome>>;
  /**
   * Asks one request in real time, once.
   * @param onHeaders gets the headers of the answer, which have the rate limits
   * @throws ProviderUnavailableError, with `ambiguous` when the answer broke off: it may have been billed
   */
  answerNow(request: NowRequest, signal: AbortSignal, onHeaders?: OnHeaders): Promise<ItemOutcome>;
  /** Asks for cancellation; a batch that has already ended is left as it is. Gives the batch as it then stands. */
  cancelBatch(id: string): Promise<ProviderBatch>;
  /**
   * Batches at the provider that may be the one searched for, the most likely first. OpenAI's are
   * certain (our metadata); Anthropic's are found by time and count only.
   */
  findBatch(query: BatchQuery): Promise<ProviderBatch[]>;
  /**
   * Not null when a failed batch was rejected because too many tokens wait in the provider's queue. `limit`: the one
   * that the provider named.
   */
  queueRefusal(batch: ProviderBatch): { limit: number | null } | null;
  /**
   * What a batch still lacks though its status is final, for people: files, counts that add up. Null when it is whole.
   * Providers may publish a final status before its parts.
   */
  unsettled(batch: ProviderBatch): string | null;
  /** Removes what the provider keeps of a batch whose results are safe (OpenAI's files). Missing ones are no error. */
  deleteFiles(batch: EndedBatch): Promise<void>;
  /**
   * Requests the newest batch, once and for ten seconds at most: does the provider answer and accept the key?
   * @returns the provider's clock in Unix seconds; null when its answer has none
   */
  checkAccess(): Promise<number | null>;
  /**
   * What keeps jobs of a model from running, for people; null when nothing is known to. Absent where the provider cannot say
   * it without being asked something.
   */
  checkModel?(model: string): Promise<string | null>;
  /** Removes an uploaded file whose create never came. A missing one is no error. */
  deleteUpload(fileId: string): Promise<void>;
}
