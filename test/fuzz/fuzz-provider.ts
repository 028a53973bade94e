import fc from "fast-check";
import { checkBatch } from "./check-batch.ts";
import { drawnBatch, type FuzzedProvider } from "./drawn-batch.ts";

/** Draws so many batches and checks each. @throws Error with the smallest batch found that fails, and its seed */
export async function fuzzProvider(
  provider: FuzzedProvider,
  options: { numRuns: number; seed?: number; path?: string | undefined },
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(drawnBatch(provider), (drawn) => checkBatch(provider, drawn)),
    { endOnFailure: false, ...options, path: options.path ?? "" },
  );
}
