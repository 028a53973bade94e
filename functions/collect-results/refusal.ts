/**
 * A round that the provider refused as a whole: its create, or its validation. It ran nothing and billed nothing, so no
 * item loses a try. Requests that the provider names are dropped. Otherwise the next rounds send smaller parts, until
 * the request at fault is alone.
 */
import { formatOf } from "../../shared/providers/formats.ts";
import type { BatchRecord } from "../../shared/records/batch-record.ts";

/** Most refusals in a row: halving 100,000 requests down to one takes 17. */
const MOST_IN_A_ROW = 24;
/** Most refusals of a batch over all its rounds. */
const MOST_EVER = 100;
/** Refusals in a row that name requests, after which the parts get smaller all the same. It may name one at a time. */
const NAMED_IN_A_ROW = 3;

/** Why single requests of a refused round are at fault, by their number in its request file, from 1. */
export function namedRequests({
  provider,
  provider_batch_id,
  raw,
  error,
}: BatchRecord): ReadonlyMap<number, string> {
  if (provider_batch_id) return formatOf(provider).failureOf(raw).lines;
  // Anthropic's words for a create: `requests.3.params.messages: …`, counted from 0.
  const index = /\brequests[.[](\d+)\b/.exec(error ?? "")?.[1];
  return new Map(index === undefined ? [] : [[Number(index) + 1, error ?? ""]]);
}

/** Whether the next round must be smaller than this one. */
export function isToBeHalved(record: BatchRecord): boolean {
  return namedRequests(record).size === 0 || (record.refusals ?? 0) > NAMED_IN_A_ROW;
}

/** Why no part of the batch is sent any more; null while it is worth it. */
export function refusedTooOften({
  refused,
  refusals = 0,
  refusals_ever = 0,
  error,
}: BatchRecord): string | null {
  if (!refused || (refusals < MOST_IN_A_ROW && refusals_ever < MOST_EVER)) return null;
  return `not sent: the provider refused ${refusals_ever} parts of this batch; the last time: ${error}`;
}
