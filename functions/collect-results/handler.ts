import { notingTrouble } from "../../shared/batch-trouble.ts";
import { unixNow } from "../../shared/clock.ts";
import { BatchState } from "../../shared/payload.ts";
import { providerOf } from "../../shared/providers/registry.ts";
import { collectResults } from "./collect-results.ts";

/** State `CollectResults`. */
export async function handler(event: unknown): Promise<BatchState> {
  const state = BatchState.parse(event);
  return notingTrouble(state, unixNow, () => collectResults(state, { provider: providerOf, now: unixNow }));
}
