import { describe, expect, test } from "vitest";
import { batchProgress } from "../../../../cli/job/batch-progress.ts";
import { nextText, troubleText, whereText } from "../../../../cli/output/batch-lines.ts";
import type { BatchRecord } from "../../../../shared/records/batch-record.ts";

const NOW = 1000;

/** A batch that is at the provider, with 40 of 100 answers. */
const record = (fields: Partial<BatchRecord> = {}): BatchRecord => ({
  ...{ job_id: "job", provider: "openai", status: "in_progress", created_at: 100, request_count: 100 },
  ...{ batch: 1, round: 1, tag: "tag", attempt: 1, intent_at: 100 },
  ...{ provider_batch_id: "batch_1", submitted_at: 110, times: { in_progress: 200 } },
  raw: { request_counts: { total: 100, completed: 40, failed: 1 } },
  ...fields,
});

const COUNTS = { succeeded: 90, failed: 0, invalid: 5, expired: 0, cancelled: 0 };
const collected = (fields: Partial<BatchRecord> = {}) =>
  record({
    status: "completed",
    collected: true,
    counts: { ...COUNTS, failed: 10 },
    items_left: 0,
    ...fields,
  });

const progress = (last: BatchRecord, earlier: BatchRecord | null = null) =>
  batchProgress({
    last,
    collected: earlier ?? (last.collected ? last : null),
    sent: true,
    billed: { batch: [], real_time: [], unknown: { batch: 0, real_time: 0 } },
  });

describe("a batch", () => {
  test("at the provider has the answers that the provider reports", () => {
    const running = progress(record({ next_poll_at: NOW + 90 }));
    expect(running).toMatchObject({ state: "running", since: 200, items: 100, answered: 40 });
    expect(whereText(running)).toBe("at the provider (in_progress)");
    expect(nextText(running, NOW)).toBe("next poll in 1 min 30 s");
    expect(nextText(running, NOW + 100)).toBe("next poll is due");
  });

  test("at Anthropic has none until it ends", () => {
    const raw = { request_counts: { processing: 100, succeeded: 0 } };
    expect(progress(record({ provider: "anthropic", raw }))).toMatchObject({ state: "running", answered: 0 });
  });

  test("that waits says for what, and its old counts are of no round", () => {
    const waiting = progress(
      record({
        provider_batch_id: undefined,
        status: "pending",
        waiting_for: "room in the provider's token queue",
      }),
    );
    expect(waiting).toMatchObject({ state: "waiting", answered: 0 });
    expect(whereText(waiting)).toBe("waits for room in the provider's token queue");
  });

  test("in a later round has what the earlier ones have settled, invalid lines included", () => {
    const first = collected({ items_left: 10 });
    const second = progress(
      record({ round: 2, request_count: 10, raw: { request_counts: { completed: 4 } } }),
      first,
    );
    expect(second).toMatchObject({ state: "running", round: 2, items: 105, answered: 99 });
    expect(whereText(second)).toBe("round 2, at the provider (in_progress)");
    expect(whereText(progress(first))).toBe("10 items left for round 2");
  });

  test("that has ended is being collected, and then done", () => {
    expect(progress(record({ status: "expired" })).state).toBe("collecting");
    expect(progress(collected())).toMatchObject({ state: "done", items: 105, answered: 105 });
  });

  test("that a person must mend is stopped, with its error on one line", () => {
    const stopped = progress(record({ error: "OpenAI refused\nthe API key (401)" }));
    expect(stopped.state).toBe("stopped");
    expect(whereText(stopped)).toBe("failed for good: OpenAI refused the API key (401)");
  });

  test("in trouble shows the last error and when it was", () => {
    const trouble = { message: "OpenAI: 503 overloaded", at: NOW - 30 };
    expect(troubleText(progress(record({ trouble })), NOW)).toBe("30.0 s ago: OpenAI: 503 overloaded");
    expect(troubleText(progress(record()), NOW)).toBe("");
  });
});
