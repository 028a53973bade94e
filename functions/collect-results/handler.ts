import { notingTrouble } from "../../shared/batch-trouble.ts";
import { unixNow } from "../../shared/clock.ts";
import { requiredSeconds } from "../../shared/environment.ts";
import { ENV } from "../../shared/names.ts";
import { BatchState } from "../../shared/payload.ts";
import { providerOf } from "../../shared/providers/registry.ts";
import { collectResults } from "./collect-results.ts";

/** State `CollectResults`. */
export async function handler(event: unknown): Promise<BatchState> {
  const state = BatchState.parse(event);
  const settings = { provider: providerOf, now: unixNow, runSeconds: requiredSeconds(ENV.runSeconds) };
  return notingTrouble(state, unixNow, () => collectResults(state, settings));
}
