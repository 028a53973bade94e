import { unixNow } from "../../shared/clock.ts";
import { required } from "../../shared/environment.ts";
import { ENV } from "../../shared/names.ts";
import { observed } from "../../shared/telemetry.ts";
import { sweepJobs } from "./sweep-jobs.ts";

/** Runs at the bad end of an execution, and every hour. The event does not matter, because every open job is checked. */
export const handler = observed("sweep-jobs", () => {
  const stateMachine = required(ENV.stateMachine);
  return sweepJobs(async () => new (await import("./executions.ts")).Executions(stateMachine), unixNow());
});
