import { expect, test } from "vitest";
import { release } from "../../../shared/release.ts";

test("bytes with memory of their own are freed, once or twice; a part of other bytes is not", () => {
  const own = new Uint8Array(1000).fill(7);
  release(own);
  release(own);
  expect(own.byteLength).toBe(0);
  const whole = new Uint8Array(1000).fill(7);
  release(whole.subarray(10, 20));
  expect(whole[15]).toBe(7);
});
