import fc from "fast-check";
import type { ProviderName } from "../../shared/models.ts";
import { checkBatch } from "./check-batch.ts";
import { drawnBatch } from "./drawn-batch.ts";

/** Draws so many batches and checks each. @throws Error with the smallest batch found that fails, and its seed */
export async function fuzzProvider(
  provider: Extract<ProviderName, "openai" | "anthropic">,
  options: { numRuns: number; seed?: number; path?: string | undefined },
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(drawnBatch(provider), (drawn) => checkBatch(provider, drawn)),
    { endOnFailure: false, ...options, path: options.path ?? "" },
  );
}
