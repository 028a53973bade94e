/** From what was counted to what is paid. */
import { LAMBDAS } from "../../infra/lambdas/lambda-table.ts";
import { nextWait } from "../../shared/workflow/poll-wait.ts";
import { type CountedRun, LOOK, LOOK_STATES } from "./counted-run.ts";
import { LAMBDA_GB, MB_OF_ONE_CPU, PRICES } from "./prices.ts";
import { NO_USAGE, plus, times, type Usage } from "./usage.ts";

/** Seconds that a call of a provider takes, but for the transfer: assumed. */
const PROVIDER_CALL = 0.5;
/** Seconds that a request to S3 or DynamoDB takes, but for the transfer: assumed. */
const AWS_REQUEST = 0.02;
/** Write units of one write: records have 1 to 3 KB, and the job's is in an index as well. */
const UNITS_A_WRITE = 3;
/** Bytes of the lines with which Lambda itself tells of a call: START, END, REPORT and the trace. */
const LAMBDAS_LINES = 500;
/** The shortest wait between two looks, as the contract has it when nobody sets it. */
const MIN_POLL_SECONDS = 30;
/** Events of a job beside those of its batches: its start and its end. */
const EVENTS = 2;

/** One line of a bill. */
export interface Charge {
  what: string;
  amount: number;
  usd: number;
}

/** Looks at one batch that runs for `hours`, the one that finds it ended not counted. */
export function looksIn(hours: number): number {
  let looks = -1;
  for (let waited = 0; waited < hours * 3600; looks++) waited += nextWait(waited, MIN_POLL_SECONDS);
  return looks;
}

/** The bill of a job all of whose batches run for `hours` at the provider. */
export function billOf(run: CountedRun, hours: number): Charge[] {
  const looks = looksIn(hours) * run.batches;
  const { [LOOK]: look = NO_USAGE, ...lambdas } = run.usage;
  const oneLook = times(1 / Math.max(1, look.calls) - 1, look, look);
  const total = Object.values(lambdas).reduce(plus, times(looks, NO_USAGE, oneLook));
  const callers = Object.entries(LAMBDAS).filter(([, { callsProvider }]) => callsProvider);
  const withKey = looks + callers.reduce((sum, [name]) => sum + (lambdas[name]?.calls ?? 0), 0);
  const gbSeconds = LAMBDA_GB * secondsOf(total, withKey);
  const charge = (what: string, amount: number, price: number) => ({ what, amount, usd: amount * price });
  return [
    charge("Step Functions: state transitions", run.transitions + looks * LOOK_STATES, PRICES.transition),
    charge("Lambda: GB-seconds", gbSeconds, PRICES.gbSecond),
    charge("Lambda: invocations", total.calls, PRICES.invocation),
    charge("S3: PUT, COPY, POST, LIST", total.s3Writes, PRICES.s3Write),
    charge("S3: GET, HEAD", total.s3Reads, PRICES.s3Read),
    charge("DynamoDB: write units", total.tableWrites * UNITS_A_WRITE, PRICES.writeUnit),
    charge("DynamoDB: read units", total.tableReads, PRICES.readUnit),
    charge("Secrets Manager: reads", withKey, PRICES.secretRead),
    charge("CloudWatch Logs: MB", (total.logBytes + total.calls * LAMBDAS_LINES) / 1e6, PRICES.logGb / 1000),
    charge("EventBridge: events", EVENTS + run.batches, PRICES.event),
  ];
}

/** Seconds of Lambda: its share of a CPU is slower than this machine's whole one, and it waits for others. */
function secondsOf(usage: Usage, providerCalls: number): number {
  const requests = usage.s3Writes + usage.s3Reads + usage.tableWrites + usage.tableReads;
  const cpu = (usage.cpu * MB_OF_ONE_CPU) / (LAMBDA_GB * 1024);
  return cpu + requests * AWS_REQUEST + providerCalls * PROVIDER_CALL;
}
