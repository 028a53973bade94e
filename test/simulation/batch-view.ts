/** A simulated batch as the sandbox sees its own: its renderers write the providers' objects. */
import type { StoredBatch } from "../../local/sandbox/batch.ts";
import type { BatchView } from "../../local/sandbox/runner.ts";
import type { Ending, SimulatedBatch } from "./provider-batches.ts";
import type { Outcome } from "./provider-items.ts";

const SUCCEEDED: readonly (Outcome | null)[] = ["answered", "refused", "odd", "absurd"];
const FAILED: readonly (Outcome | null)[] = ["rejected", "overloaded"];
const DAY = 24 * 3_600_000;

/** The view at a moment, in Unix ms. Counts are zero until the end. */
export function viewOf(batch: SimulatedBatch, now: number): BatchView {
  const { id, created, state, items, problems, cancelled: cancel_requested, fields } = batch;
  const ended = batch.ended !== null;
  const validating = state === "validating";
  const count = (wanted: readonly (Outcome | null)[]) =>
    ended ? items.filter(({ outcome }) => wanted.includes(outcome)).length : 0;
  const [succeeded, failed, unrun] = [count(SUCCEEDED), count(FAILED), count(["unrun"])];
  const stored = { id, created, lifetime: DAY, latency: 0, cancel_requested, fields };
  const schedule = {
    started: created,
    worked: state === "finalizing" ? now : Number.POSITIVE_INFINITY,
    ended: batch.ended ?? Number.POSITIVE_INFINITY,
    outcome: ended ? (state as Ending) : ("completed" as const),
    share: succeeded + failed > 0 ? 1 : 0,
  };
  return {
    batch: stored as unknown as StoredBatch,
    now,
    plan: validating ? null : { requests: items.length, model: null, prompt_tokens: 0, errors: problems },
    schedule: validating ? null : schedule,
    settled: { ...NOTHING, succeeded, failed, unrun },
    ended,
    progress: null,
  };
}

const NOTHING = {
  key: "",
  ...{ input_tokens: 0, cached_tokens: 0, output_tokens: 0, cache_write_tokens: 0, reasoning_tokens: 0 },
  ...{ output_bytes: 0, error_bytes: 0 },
};
