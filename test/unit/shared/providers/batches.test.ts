import { describe, expect, test } from "vitest";
import { toProviderBatch as anthropicBatch } from "../../../../shared/providers/anthropic/batch.ts";
import { toProviderBatch as openaiBatch } from "../../../../shared/providers/openai/batch.ts";

describe("OpenAI", () => {
  test("an expired batch with partial answers", () => {
    const raw = {
      id: "batch_1",
      object: "batch",
      status: "expired",
      model: "gpt-4.1-mini",
      created_at: 100,
      in_progress_at: 110,
      expired_at: 200,
      completed_at: null,
      request_counts: { total: 20, completed: 12, failed: 1 },
      usage: {
        input_tokens: 5,
        output_tokens: 6,
        total_tokens: 11,
        input_tokens_details: { cached_tokens: 1 },
      },
      errors: null,
    };
    expect(openaiBatch(raw)).toEqual({
      id: "batch_1",
      status: "expired",
      created_at: 100,
      request_count: 20,
      raw,
      counts: { succeeded: 12, failed: 1, invalid: 0, expired: 7, cancelled: 0 },
      usage: { prompt_tokens: 5, completion_tokens: 6, total_tokens: 11, cached_tokens: 1 },
      error: null,
      times: { pending: 100, in_progress: 110, expired: 200 },
    });
  });

  test("validation errors are reported with their lines", () => {
    const data = [
      { code: "invalid_json_line", line: 3, message: "Line 3 is no JSON", param: null },
      { code: "token_limit_exceeded", message: "Enqueued token limit reached" },
    ];
    const info = openaiBatch({ id: "b", status: "failed", errors: { object: "list", data } });
    expect(info.status).toBe("failed");
    expect(info.error).toBe(
      "invalid_json_line, line 3: Line 3 is no JSON; token_limit_exceeded: Enqueued token limit reached",
    );
  });

  test.each([
    ["validating", "pending"],
    ["finalizing", "finalizing"],
    ["cancelling", "cancelling"],
    ["cancelled", "cancelled"],
    ["brand_new", "in_progress"],
    [undefined, "in_progress"],
  ])("status %s is %s", (status, ours) => expect(openaiBatch({ id: "b", status }).status).toBe(ours));
});

describe("Anthropic", () => {
  const raw = (processing_status: string, counts: Record<string, number>) => ({
    id: "msgbatch_1",
    processing_status,
    created_at: "2026-01-01T00:00:00Z",
    ended_at: processing_status === "ended" ? "2026-01-01T01:00:00.5Z" : null,
    cancel_initiated_at: null,
    request_counts: { processing: 0, succeeded: 0, errored: 0, canceled: 0, expired: 0, ...counts },
  });

  test.each([
    [raw("in_progress", { processing: 9 }), "in_progress"],
    [raw("canceling", { processing: 9 }), "cancelling"],
    [raw("ended", { succeeded: 9 }), "completed"],
    [raw("ended", { errored: 9 }), "completed"],
    [raw("ended", { succeeded: 8, expired: 1 }), "expired"],
    [raw("ended", { succeeded: 7, expired: 1, canceled: 1 }), "cancelled"],
    [raw("brand_new", { processing: 9 }), "in_progress"],
  ])("%j is %s", (batch, status) => {
    const info = anthropicBatch(batch);
    expect(info).toMatchObject({ id: "msgbatch_1", status, request_count: 9, created_at: 1767225600 });
    expect(info.raw).toEqual(batch);
  });

  test("counts and times", () => {
    const info = anthropicBatch(raw("ended", { succeeded: 5, errored: 2, expired: 1, canceled: 1 }));
    expect(info.counts).toEqual({ succeeded: 5, failed: 2, invalid: 0, expired: 1, cancelled: 1 });
    expect(info.times).toEqual({ in_progress: 1767225600, cancelled: 1767229200.5 });
  });
});

test.each([null, "text", {}, { id: 7 }])("%j is no batch", (raw) => {
  for (const toProviderBatch of [openaiBatch, anthropicBatch]) {
    expect(() => toProviderBatch(raw)).toThrow(expect.objectContaining({ name: "ProviderUnavailableError" }));
  }
});
