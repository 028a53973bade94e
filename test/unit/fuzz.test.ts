import { test } from "vitest";
import { FUZZED } from "../fuzz/drawn-batch.ts";
import { fuzzProvider } from "../fuzz/fuzz-provider.ts";

/** `npm run fuzz` takes more. */
const CASES = 500;

test.each(FUZZED)("%s: N rows in, N rows out, the bill right", async (provider) => {
  await fuzzProvider(provider, { numRuns: CASES });
});
