import { expect, test } from "vitest";
import { duration, number, oneLine } from "../../../cli/output/numbers.ts";
import { RetryLines } from "../../../cli/output/retry-lines.ts";

test("numbers and durations as people write them", () => {
  expect(number(117_659)).toBe("117,659");
  expect([4.24, 59.94, 60, 199.6, 3600, 18_725].map(duration)).toEqual([
    ...["4.2 s", "59.9 s", "1 min 0 s", "3 min 20 s"],
    ...["1 h 0 min", "5 h 12 min"],
  ]);
});

test("an answer on one line: no line ends, no control characters, whole characters", () => {
  expect(oneLine("  a\r\n\tb\u2028c\u001b[31m\u202e ", 80)).toBe("a b c [31m");
  expect(oneLine("abcdef", 4)).toBe("abc…");
  expect(oneLine("🌙🌙🌙", 4).isWellFormed()).toBe(true);
});

test("the same failure of many batches is printed the 1st, 2nd, 4th, 8th … time", () => {
  const retries = new RetryLines();
  const failure = {
    name: "SubmitBatch",
    error: "ProviderUnavailableError",
    cause: "OpenAI: cannot be reached",
  };
  const told = Array.from({ length: 100 }, () => retries.text(failure)).filter((text) => text !== undefined);
  expect(told).toHaveLength(7);
  expect(told[0]).toBe("OpenAI: cannot be reached; trying again");
  expect(told[2]).toBe("OpenAI: cannot be reached; trying again (4 failures so far)");
  expect(retries.text({ ...failure, cause: "OpenAI answered 503" })).toBe(
    "OpenAI answered 503; trying again",
  );
});

test.each(["InvalidJobError", "ProviderRejectedError", "ProviderAuthError"])(
  "%s is not tried again",
  (error) => {
    expect(new RetryLines().text({ name: "SubmitBatch", error, cause: "no" })).toBeUndefined();
  },
);
