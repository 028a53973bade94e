import { notingTrouble } from "../../shared/batch-trouble.ts";
import { unixNow } from "../../shared/clock.ts";
import { requiredSeconds } from "../../shared/environment.ts";
import { ENV } from "../../shared/names.ts";
import { BatchState } from "../../shared/payload.ts";
import { providerOf } from "../../shared/providers/registry.ts";
import { submitBatch } from "./submit-batch.ts";

/** State `SubmitBatch`. */
export async function handler(event: unknown): Promise<BatchState> {
  const state = BatchState.parse(event);
  const settings = {
    provider: providerOf,
    now: unixNow,
    leaseSeconds: requiredSeconds(ENV.submitLease),
    settleSeconds: requiredSeconds(ENV.createSettle),
  };
  return notingTrouble(state, unixNow, () => submitBatch(state, settings));
}
