import { expect, test } from "vitest";
import { lostAnswers } from "../../../../functions/collect-results/lost-answers.ts";
import { NO_COUNTS } from "../../../../shared/money/sums.ts";

/** Of seven requests the answers that are lost, when `came` lines came, `ran` of them of requests that ran. */
function lost(succeeded: number, ran: number, came: number, billed = ran, real_time = false): number {
  const answers = {
    roundBill: { billed: Array(billed).fill(0), unpriced: [] },
    spool: { size: came },
  } as unknown as Parameters<typeof lostAnswers>[0];
  const counts = { ...NO_COUNTS, succeeded };
  return lostAnswers(
    answers,
    { counts, status: "expired", request_count: 7, usage: undefined, real_time },
    ran,
  );
}

test("of an expired batch, what the provider counts and did not bring is lost", () => {
  expect(lost(3, 2, 6)).toBe(1);
  expect(lost(3, 3, 7)).toBe(0);
});

// Seed 601433 of the simulation: Together counts nothing, and a line was missing.
test("where the provider counts nothing, any line that did not come may be one of an answer", () => {
  expect(lost(0, 3, 6, 2)).toBe(1);
  expect(lost(0, 3, 7, 2)).toBe(0);
  // In real time, what was not asked has no answer either.
  expect(lost(0, 3, 6, 2, true)).toBe(0);
  // Nothing had run.
  expect(lost(0, 0, 0)).toBe(0);
});
