import { unixNow } from "../../shared/clock.ts";
import { required, requiredSeconds } from "../../shared/environment.ts";
import { ENV } from "../../shared/names.ts";
import { PrepareInput } from "../../shared/payload.ts";
import { observed } from "../../shared/telemetry.ts";
import { prepareJob } from "./prepare-job.ts";

/** State `PrepareJob`. */
export const handler = observed("prepare-job", (event) => {
  const { execution, input } = PrepareInput.parse(event);
  return prepareJob(input, {
    execution,
    defaults: JSON.parse(required(ENV.jobDefaults)),
    now: unixNow,
    runSeconds: requiredSeconds(ENV.runSeconds),
  });
});
