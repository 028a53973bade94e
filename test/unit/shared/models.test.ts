import { expect, test } from "vitest";
import { BatchItem, BatchStatus, hasEnded, JobSpec, ok } from "../../../shared/models.ts";

test("an item's defaults", () => {
  expect(BatchItem.parse({ custom_id: "a", user_message: "b" })).toEqual({
    custom_id: "a",
    user_message: "b",
    temperature: 0,
    max_tokens: 4096,
    extra: {},
  });
});

test.each([
  [{ custom_id: "a", user_message: "b", temperature: 2 }, true],
  [{ custom_id: "a", user_message: "b", temperature: 2.01 }, false],
  [{ custom_id: "a", user_message: "b", temperature: "1" }, false],
  [{ custom_id: "a", user_message: "b", max_tokens: 1 }, true],
  [{ custom_id: "a", user_message: "b", max_tokens: 0 }, false],
  [{ custom_id: "a", user_message: "b", extra: [] }, false],
  [{ custom_id: "a", user_message: "b", model: "" }, false],
  [{ custom_id: "a", messages: [{ role: "user", content: [{ type: "text", text: "x" }] }] }, true],
  [{ custom_id: "a", messages: [{ role: "assistant", content: null, tool_calls: [] }] }, true],
  [{ custom_id: "a", messages: [{ role: "user", content: ["x"] }] }, false],
])("BatchItem %j: %s", (item, valid) => {
  expect(BatchItem.safeParse(item).success).toBe(valid);
});

test.each([
  [{ max_rounds: 10 }, true],
  [{ max_rounds: 11 }, false],
  [{ min_poll_seconds: 900 }, true],
  [{ min_poll_seconds: 901 }, false],
  [{ max_concurrent_batches: 1000 }, true],
  [{ max_concurrent_batches: 1001 }, false],
  [{ deadline_hours: 0.1 }, true],
  [{ deadline_hours: -1 }, false],
  [{ endpoint: "/v1/images" }, false],
  [{ unknown: 1 }, false],
])("JobSpec %j: %s", (settings, valid) => {
  expect(JobSpec.safeParse({ provider: "openai", model: "m", ...settings }).success).toBe(valid);
});

test("four statuses are final", () => {
  expect(BatchStatus.options.filter(hasEnded)).toEqual(["completed", "failed", "expired", "cancelled"]);
});

test("an answer worth keeping has a response and no error", () => {
  const response = { content: "" } as never;
  expect(ok({ response, error: null })).toBe(true);
  expect(ok({ response, error: "refused" })).toBe(false);
  expect(ok({ response: null, error: null })).toBe(false);
});
