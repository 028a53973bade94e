import { expect, test, vi } from "vitest";
import { asksSmallRounds, SMALL_ROUND } from "../../../../shared/workflow/small-rounds.ts";

const asks = (provider: "openai" | "bedrock", requests: number) =>
  asksSmallRounds({ provider, model: "m", small_rounds: "real_time" }, requests);

test("small is what is fewer than 100, and what the provider takes no batch of", () => {
  for (const provider of ["openai", "bedrock"] as const) {
    expect(asks(provider, SMALL_ROUND - 1)).toBe(true);
    expect(asks(provider, SMALL_ROUND)).toBe(false);
  }
  vi.stubEnv("PROVIDER_LIMITS", JSON.stringify({ bedrock: { min_requests: 1000 } }));
  expect(asks("bedrock", 999)).toBe(true);
  expect(asks("bedrock", 1000)).toBe(false);
  expect(asks("openai", 999)).toBe(false);
  vi.unstubAllEnvs();
});
