import { unixNow } from "../../shared/clock.ts";
import { requiredSeconds } from "../../shared/environment.ts";
import { ENV } from "../../shared/names.ts";
import { FinalizeInput } from "../../shared/payload.ts";
import { observed } from "../../shared/telemetry.ts";
import { finalizeJob } from "./finalize-job.ts";

/** State `FinalizeJob`. */
export const handler = observed("finalize-job", (event) =>
  finalizeJob(FinalizeInput.parse(event), { now: unixNow, runSeconds: requiredSeconds(ENV.runSeconds) }),
);
