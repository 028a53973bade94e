import type { Plan, StoredBatch } from "./batch.ts";

export type Outcome = "completed" | "failed" | "expired" | "cancelled";

/** The life of a batch, known as soon as its plan is: a function of the record alone. Unix milliseconds. */
export interface Schedule {
  /** Validated; the requests start to run. */
  started: number;
  /** The last request has run; what follows is writing the results. */
  worked: number;
  ended: number;
  outcome: Outcome;
  /** The share of the requests that ran, 0 to 1. */
  share: number;
}

/** Shares of a batch's latency: validating comes first, finalizing (or cancelling) last. */
const VALIDATING = 0.1;
const FINALIZING = 0.1;

/** The life of a batch as the record stands now. */
export function scheduleOf(batch: StoredBatch, plan: Plan): Schedule {
  const started = batch.created + batch.latency * VALIDATING;
  const tail = batch.latency * FINALIZING;
  const worked = batch.upstream
    ? (batch.answered ?? Number.POSITIVE_INFINITY)
    : batch.created + batch.latency - tail;
  const natural = naturalEnd(batch, plan, started, worked, tail);
  const cancel = batch.cancel_requested;
  if (cancel === null || cancel >= natural.ended) return natural;
  const ended = Math.min(cancel + tail, natural.ended);
  return {
    started,
    worked: Math.min(worked, cancel),
    ended,
    outcome: "cancelled",
    share: share(cancel, started, worked),
  };
}

function naturalEnd(batch: StoredBatch, plan: Plan, started: number, worked: number, tail: number): Schedule {
  if (plan.errors.length > 0)
    return { started, worked: started, ended: started, outcome: "failed", share: 0 };
  const expiry = batch.created + batch.lifetime;
  const ended = worked + tail;
  if (ended <= expiry) return { started, worked, ended, outcome: "completed", share: 1 };
  return {
    started,
    worked: expiry,
    ended: expiry,
    outcome: "expired",
    share: share(expiry, started, worked),
  };
}

/** The share of the requests that has run by a moment. */
export function share(at: number, started: number, worked: number): number {
  if (at >= worked) return 1;
  return Math.max(0, Math.min(1, (at - started) / (worked - started)));
}
