import { afterEach, expect, test, vi } from "vitest";
import { required, requiredSeconds } from "../../../shared/environment.ts";
import { ENV } from "../../../shared/names.ts";

afterEach(() => vi.unstubAllEnvs());

test("a missing or empty variable is an error that names it", () => {
  vi.stubEnv(ENV.bucket, undefined);
  expect(() => required(ENV.bucket)).toThrow("the environment variable BUCKET_NAME is not set");
  vi.stubEnv(ENV.bucket, "");
  expect(() => required(ENV.bucket)).toThrow("BUCKET_NAME");
  vi.stubEnv(ENV.bucket, "mine");
  expect(required(ENV.bucket)).toBe("mine");
});

test("seconds are a number from zero", () => {
  vi.stubEnv(ENV.submitLease, "0");
  expect(requiredSeconds(ENV.submitLease)).toBe(0);
  vi.stubEnv(ENV.submitLease, "0.5");
  expect(requiredSeconds(ENV.submitLease)).toBe(0.5);
  for (const wrong of ["-1", "soon"]) {
    vi.stubEnv(ENV.submitLease, wrong);
    expect(() => requiredSeconds(ENV.submitLease)).toThrow();
  }
});
