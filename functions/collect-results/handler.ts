import { unixNow } from "../../shared/clock.ts";
import { BatchState } from "../../shared/payload.ts";
import { providerOf } from "../../shared/providers/registry.ts";
import { collectResults } from "./collect-results.ts";

/** State `CollectResults`. */
export async function handler(event: unknown): Promise<BatchState> {
  return collectResults(BatchState.parse(event), { provider: providerOf, now: unixNow });
}
