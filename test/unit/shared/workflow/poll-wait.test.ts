import { expect, test } from "vitest";
import { nextWait, pollWait } from "../../../../shared/workflow/poll-wait.ts";

test("an eighth of the time already waited, between the job's minimum and 15 minutes", () => {
  expect(nextWait(0, 30)).toBe(30);
  expect(nextWait(240, 30)).toBe(30);
  expect(nextWait(600, 30)).toBe(75);
  expect(nextWait(24 * 3600, 30)).toBe(900);
  expect(nextWait(24 * 3600, 1)).toBe(900);
});

/** Step Functions: a child's history has 25,000 events at most; a look takes about ten of them. */
test("three rounds of 24 hours stay far below the history of an execution", () => {
  let looks = 0;
  for (let waited = 0; waited < 24 * 3600; waited += nextWait(waited, 1)) looks++;
  expect(looks * 3 * 10).toBeLessThan(25_000 / 2);
});

test("a batch that was disowned again and again is polled less often", () => {
  expect(pollWait({}, 1, 5)).toBe(5);
  expect(pollWait({ disowned: ["batch_1", "batch_2"] }, 1, 5)).toBe(15);
  expect(pollWait({ disowned: Array(1000).fill("batch") }, 1, 5)).toBe(900);
});
