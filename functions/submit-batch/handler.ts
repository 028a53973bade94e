import { requiredSeconds } from "../../shared/environment.ts";
import { ENV } from "../../shared/names.ts";
import { batchStep } from "../../shared/workflow/batch-step.ts";
import { submitBatch } from "./submit-batch.ts";

/** State `SubmitBatch`. */
export const handler = batchStep("submit-batch", (state, deps) =>
  submitBatch(state, {
    ...deps,
    leaseSeconds: requiredSeconds(ENV.submitLease),
    settleSeconds: requiredSeconds(ENV.createSettle),
    resumedBefore: Number(process.env[ENV.resumedBefore] ?? 0),
  }),
);
