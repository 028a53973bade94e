import { unixNow } from "../../shared/clock.ts";
import { requiredSeconds } from "../../shared/environment.ts";
import { ENV } from "../../shared/names.ts";
import { providerOf } from "../../shared/providers/registry.ts";
import { batchStep } from "../../shared/workflow/batch-step.ts";
import { collectResults } from "./collect-results.ts";

/** State `CollectResults`. */
export const handler = batchStep("collect-results", (state) =>
  collectResults(state, { provider: providerOf, now: unixNow, runSeconds: requiredSeconds(ENV.runSeconds) }),
);
