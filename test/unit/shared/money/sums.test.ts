import { expect, test } from "vitest";
import { addCounts, addUsage, NO_COUNTS, NO_USAGE } from "../../../../shared/money/sums.ts";

test("counts and usages add up; a detail that neither has stays absent", () => {
  const counts = { succeeded: 1, failed: 2, invalid: 3, expired: 4, cancelled: 5 };
  expect(addCounts(counts, counts)).toEqual({
    succeeded: 2,
    failed: 4,
    invalid: 6,
    expired: 8,
    cancelled: 10,
  });
  expect(addCounts(counts, NO_COUNTS)).toEqual(counts);
  const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
  expect(addUsage(usage, NO_USAGE)).toEqual(usage);
  expect(Object.keys(addUsage(usage, NO_USAGE))).not.toContain("cached_tokens");
  expect(addUsage({ ...usage, cached_tokens: 1 }, { ...usage, reasoning_tokens: 0 })).toEqual({
    prompt_tokens: 2,
    completion_tokens: 4,
    total_tokens: 6,
    cached_tokens: 1,
    reasoning_tokens: 0,
  });
});
