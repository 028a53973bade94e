import { unixNow } from "../../shared/clock.ts";
import { required, requiredSeconds } from "../../shared/environment.ts";
import { ENV } from "../../shared/names.ts";
import { type PreparedJob, PrepareInput } from "../../shared/payload.ts";
import { prepareJob } from "./prepare-job.ts";

/** State `PrepareJob`. */
export async function handler(event: unknown): Promise<PreparedJob> {
  const { execution, input } = PrepareInput.parse(event);
  return prepareJob(input, {
    execution,
    defaults: JSON.parse(required(ENV.jobDefaults)),
    now: unixNow,
    runSeconds: requiredSeconds(ENV.runSeconds),
  });
}
