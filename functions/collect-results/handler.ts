import { requiredSeconds } from "../../shared/environment.ts";
import { ENV } from "../../shared/names.ts";
import { batchStep } from "../../shared/workflow/batch-step.ts";
import { collectResults } from "./collect-results.ts";

/** State `CollectResults`. */
export const handler = batchStep("collect-results", (state, deps) =>
  collectResults(state, { ...deps, runSeconds: requiredSeconds(ENV.runSeconds) }),
);
