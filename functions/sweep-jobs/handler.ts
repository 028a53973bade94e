import { unixNow } from "../../shared/clock.ts";
import { required } from "../../shared/environment.ts";
import { ENV } from "../../shared/names.ts";
import { Executions } from "./executions.ts";
import { type Sweep, sweepJobs } from "./sweep-jobs.ts";
import { sweepMetrics } from "./sweep-metrics.ts";

/** Run by the end of an execution and by the hour; what happened does not matter, as every job is looked at. */
export async function handler(): Promise<Sweep> {
  const stateMachine = required(ENV.stateMachine);
  const now = unixNow();
  const sweep = await sweepJobs(new Executions(stateMachine), now);
  // Lambda's console would put the time before the line, and CloudWatch would not read it.
  process.stdout.write(`${sweepMetrics(sweep, stateMachine, now)}\n`);
  return sweep;
}
