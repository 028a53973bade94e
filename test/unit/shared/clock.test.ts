import { expect, test } from "vitest";
import { secondsSince } from "../../../shared/clock.ts";

test("seconds since a time, to the millisecond", () => {
  expect(secondsSince(10.0004, 12.5)).toBe(2.5);
});

test("another's clock may be ahead of ours", () => {
  expect(secondsSince(20, 12)).toBe(0);
});

test("since a time that is not known", () => {
  expect(secondsSince(undefined, 12)).toBeUndefined();
});
