import { expect, test } from "vitest";
import { batchErrors } from "../../../../functions/collect-results/batch-errors.ts";
import type { BatchRecord } from "../../../../shared/records/batch-record.ts";
import { recordOf } from "../../../harness/record.ts";

const fate = (more: Partial<BatchRecord>, place = 1) =>
  batchErrors(recordOf({ job_id: "job", ...more }))(place);
const failed = (data: unknown[], more: Partial<BatchRecord> = {}) => ({
  status: "failed" as const,
  raw: { id: "batch_1", errors: { object: "list", data } },
  ...more,
});

test("a completed batch without a line for an item: it may have one next time", () => {
  expect(fate({})).toEqual({
    status: "failed",
    error: "the provider returned no result for this item",
    retryable: true,
  });
});

test("expired at the provider may go again, expired before it was sent may not", () => {
  expect(fate({ status: "expired" })).toMatchObject({ status: "expired", retryable: true });
  const unsent = { status: "expired" as const, provider_batch_id: undefined, error: "the deadline passed" };
  expect(fate(unsent)).toEqual({ status: "expired", error: "the deadline passed", retryable: false });
});

test("cancelled is final", () => {
  expect(fate({ status: "cancelled" })).toMatchObject({ status: "cancelled", retryable: false });
  const unsent = {
    status: "cancelled" as const,
    provider_batch_id: undefined,
    error: "cancelled by its owner",
  };
  expect(fate(unsent)).toEqual({ status: "cancelled", error: "cancelled by its owner", retryable: false });
});

test("a failed validation that names lines: those are wrong, the others may go again", () => {
  const batch = failed([
    { code: "invalid_url", line: 2, message: "wrong url", param: "url" },
    { code: null, line: 3, message: "odd" },
  ]);
  expect(fate(batch, 1)).toMatchObject({ error: "the batch failed because of other lines", retryable: true });
  expect(fate(batch, 2)).toEqual({ status: "failed", error: "invalid_url: wrong url", retryable: false });
  expect(fate(batch, 3)).toEqual({ status: "failed", error: "odd", retryable: false });
});

test("a failed validation of the whole batch is every item's, and final", () => {
  const batch = failed([{ code: "max_requests_exceeded", line: null, message: "too many" }]);
  expect(fate(batch)).toEqual({
    status: "failed",
    error: "max_requests_exceeded: too many",
    retryable: false,
  });
  const both = failed([
    { code: "a", line: 1, message: "one" },
    { code: "b", message: "all" },
  ]);
  expect(fate(both, 1)).toMatchObject({ error: "a: one", retryable: false });
  expect(fate(both, 2)).toMatchObject({ error: "b: all", retryable: false });
});

test.each([[null], [{}], [{ errors: null }], [{ errors: { data: "x" } }], [{ errors: { data: [] } }]])(
  "a failed batch that does not say why: %j",
  (raw) => {
    expect(fate({ status: "failed", raw })).toMatchObject({
      error: expect.stringContaining("without a reason"),
      retryable: false,
    });
    expect(fate({ status: "failed", raw, error: "refused" })).toMatchObject({
      error: "refused",
      retryable: false,
    });
  },
);

test("a batch that was too small to be sent may go with others, and a refused one is not made too small", () => {
  const few = { status: "failed" as const, too_few: true, error: "takes at least 100" };
  expect(fate(few)).toMatchObject({ error: "takes at least 100", retryable: true });
  const refused = {
    status: "failed" as const,
    refused: true,
    provider: "bedrock" as const,
    error: "no such key",
  };
  expect(fate({ ...refused, request_count: 199 })).toMatchObject({ error: "no such key", retryable: false });
  expect(fate({ ...refused, request_count: 200 })).toMatchObject({ retryable: true });
});

test("messages are cut", () => {
  const { error } = fate(failed([{ code: "c", line: 1, message: "m".repeat(10_000) }]));
  expect(error.length).toBe(500);
});

test("a batch too large for the queue goes again in parts, unless it is one item", () => {
  const large = { status: "failed" as const, too_large: true, error: "limit reached" };
  expect(fate({ ...large, request_count: 2 })).toMatchObject({ retryable: true });
  expect(fate({ ...large, request_count: 1 })).toMatchObject({
    error: expect.stringContaining("limit reached"),
    retryable: false,
  });
});
