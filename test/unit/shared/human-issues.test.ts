import { expect, test } from "vitest";
import type { z } from "zod";
import { BatchItem, firstProblem, JobSpec } from "../../../shared/models.ts";

const problem = (schema: z.ZodType, value: unknown) => {
  const { error } = schema.safeParse(value);
  return error ? firstProblem(error) : null;
};

test.each([
  [{ custom_id: 1 }, "custom_id: must be a string"],
  [{ custom_id: "" }, "custom_id: must not be empty"],
  [{ user_message: "x" }, "custom_id: is missing"],
  [{ custom_id: "a", user_message: "x", temperature: 3 }, "temperature: must be at most 2"],
  [{ custom_id: "a", user_message: "x", temperature: "hot" }, "temperature: must be a number"],
  [{ custom_id: "a", user_message: "x", max_tokens: 0 }, "max_tokens: must be more than 0"],
  [{ custom_id: "a", user_message: "x", max_tokens: 1.5 }, "max_tokens: must be a whole number"],
  [{ custom_id: "a", messages: [] }, "messages: must not be empty"],
  [{ custom_id: "a", messages: "x" }, "messages: must be a list"],
  [{ custom_id: "a", user_message: "x", extra: [1] }, "extra: must be an object"],
  [{ custom_id: "a" }, "user_message: give exactly one of user_message and messages"],
])("%j: %s", (item, words) => {
  expect(problem(BatchItem, item)).toBe(words);
});

test("choices are named", () => {
  expect(problem(JobSpec.shape.on_invalid, "skip")).toBe("must be one of continue, fail");
  expect(problem(JobSpec.shape.max_rounds, Number.NaN)).toBe("must be a number");
});
