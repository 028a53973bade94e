import { unixNow } from "../../shared/clock.ts";
import { required } from "../../shared/environment.ts";
import { ENV } from "../../shared/names.ts";
import { observed } from "../../shared/telemetry.ts";
import { Executions } from "./executions.ts";
import { sweepJobs } from "./sweep-jobs.ts";

/** Run by the end of an execution and by the hour; what happened does not matter, as every job is looked at. */
export const handler = observed("sweep-jobs", () =>
  sweepJobs(new Executions(required(ENV.stateMachine)), unixNow()),
);
