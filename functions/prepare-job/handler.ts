import { unixNow } from "../../shared/clock.ts";
import { required } from "../../shared/environment.ts";
import { ENV } from "../../shared/names.ts";
import { type PreparedJob, PrepareInput } from "../../shared/payload.ts";
import { prepareJob } from "./prepare-job.ts";

/** A Lambda has 900 s, and a batch of 256 MB may still be under way when they are up. */
const RUN_SECONDS = 600;

/** State `PrepareJob`. */
export async function handler(event: unknown): Promise<PreparedJob> {
  const { execution, input } = PrepareInput.parse(event);
  return prepareJob(input, {
    execution,
    defaults: JSON.parse(required(ENV.jobDefaults)),
    now: unixNow,
    runSeconds: RUN_SECONDS,
  });
}
