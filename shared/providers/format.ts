import type { BatchItem, JobSpec } from "../models.ts";
import type { Utf8Text } from "../streams/utf8-text.ts";
import type { ProviderLimits } from "./profile.ts";
import type { BatchFailure, JsonText } from "./provider.ts";

/** An item of ours, ready to become a request. */
export interface ItemSource {
  kind: "item";
  item: BatchItem;
  /** False when `temperature` is only the contract's default, not set by the line or the job. */
  temperature_set: boolean;
  /** The JSON text of `user_message`, where all else of the item is the job's. Bytes are good until the next item. */
  prompt?: JsonText | Utf8Text | undefined;
}

/** One valid input line, ready to become a request: an item, or the provider's own line, as the user wrote it. */
export type RequestSource = ItemSource | { kind: "native"; line: Record<string, unknown> };

/** How a request file is put together around its one-request lines, so that it can be streamed. */
export interface RequestFraming {
  /** Bytes before the first request, e.g. `{"requests":[\n`. */
  open: string;
  /** Between two requests; always ends in `\n`, so that every request stands on a line of its own. */
  separator: string;
  /** After the last request. */
  close: string;
}

/**
 * The pure half of a provider: its limits and the form of its requests. It makes no calls, so
 * that the Lambdas that never call a provider do not carry one.
 */
export interface ProviderFormat {
  readonly limits: ProviderLimits;
  readonly framing: RequestFraming;
  /** Whether a parsed input line has this provider's own shape (`{custom_id, url, body}` or `{custom_id, params}`). */
  isNative(line: Record<string, unknown>): boolean;
  /**
   * The body of the request for one item.
   * @throws InvalidItemError naming the field, when this provider would refuse the item.
   */
  body(source: RequestSource, spec: JobSpec): Record<string, unknown>;
  /** A body as a request: one JSON text without a newline, its id first: `{"custom_id":"<wireId>",...}`. */
  request(body: Record<string, unknown>, spec: JobSpec, wireId: string): string;
  /** The name of the body in a request. */
  readonly bodyKey: string;
  /** What the failure of a batch means for its items, from the provider's own object of it. */
  failureOf(raw: unknown): BatchFailure;
  /** How much of the provider's own count limits one request uses (OpenAI counts embedding inputs); usually 1. */
  weight(body: Record<string, unknown>, spec: JobSpec): number;
  /** Most output tokens that a request allows, thinking included; null when it gives no limit. */
  mostOutput(body: Record<string, unknown>, spec: JobSpec): number | null;
}

/** A line that a provider would refuse: which field, and why, without the field's content. */
export class InvalidItemError extends Error {
  override name = "InvalidItemError";
  readonly field: string;
  constructor(field: string, problem: string) {
    super(problem);
    this.field = field;
  }
}
