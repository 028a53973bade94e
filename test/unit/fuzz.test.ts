import { test } from "vitest";
import { fuzzProvider } from "../fuzz/fuzz-provider.ts";

/** `npm run fuzz` takes more. */
const CASES = 1000;

test.each(["openai", "anthropic"] as const)("%s: N rows in, N rows out, the bill right", async (provider) => {
  await fuzzProvider(provider, { numRuns: CASES });
});
