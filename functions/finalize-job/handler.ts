import { unixNow } from "../../shared/clock.ts";
import { requiredSeconds } from "../../shared/environment.ts";
import { ENV } from "../../shared/names.ts";
import { FinalizeInput, type FinishedJob, type UnfinishedJob } from "../../shared/payload.ts";
import { finalizeJob } from "./finalize-job.ts";

/** State `FinalizeJob`. */
export async function handler(event: unknown): Promise<FinishedJob | UnfinishedJob> {
  const settings = { now: unixNow, runSeconds: requiredSeconds(ENV.runSeconds) };
  return finalizeJob(FinalizeInput.parse(event), settings);
}
