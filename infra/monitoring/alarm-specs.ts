import { Duration } from "aws-cdk-lib";
import { type IMetric, Stats, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { ProviderName } from "../../shared/models.ts";
import { LAMBDAS, type LambdaName } from "../lambdas/lambda-table.ts";
import type { NightshiftFunction } from "../lambdas/nightshift-function.ts";
import type { JobMetrics } from "./job-metrics.ts";
import { throttles } from "./table-metrics.ts";

/** What the alarms and the dashboard look at. */
export interface Monitored {
  /** The state machine's name; the alarms' and the dashboard's names begin with it. */
  name: string;
  stateMachine: StateMachine;
  /** Every Lambda there is, those of `LAMBDAS` and others. */
  lambdas: Readonly<Record<LambdaName, NightshiftFunction> & Record<string, NightshiftFunction>>;
  /** Uploads that started nothing. */
  lostUploads: IQueue;
  /** Events that the webhook did not take; undefined without one. */
  lostNotifications: IQueue | undefined;
  table: ITable;
  jobMetrics: JobMetrics;
}

/** An alarm as `docs/runbook.md` has it. */
export interface AlarmSpec {
  metric: IMetric;
  /** What has happened, for whoever gets the mail. */
  says: string;
  /** The section of `docs/runbook.md`. */
  section: string;
  /** Alarms from here on. Default: 1. */
  threshold?: number;
  /** How many of how many periods. Default: one of one. */
  outOf?: [datapoints: number, periods: number];
  /** Default: silence is good news. Most of the metrics are there only when something happens. */
  missing?: TreatMissingData;
}

/**
 * Hours that a job may stay in one status: three rounds (`max_rounds`' default) of the 24 hours that a provider has for a
 * batch, and a day of waiting for room.
 */
const LONGEST_JOB_HOURS = 4 * 24;
/** Hours that a batch may be at a provider: the 24 that both promise, and two to expire and to be looked at. */
const LONGEST_BATCH_HOURS = 24 + 2;
/**
 * Hours that a batch may have its place in the token queue: those 24, and one to be sent and looked at. An hour later
 * the queue takes the place back by itself (`shared/records/token-ledger.ts`).
 */
const LONGEST_PLACE_HOURS = 24 + 1;
const HOUR = 3600;
/** Periods of five minutes: a cause that stays, and not a single failure, which is retried. */
const FIVE_MINUTES = Duration.minutes(5);
const SUSTAINED: [number, number] = [3, 4];

/** What needs a person, by the alarm's name. */
export function alarmSpecs(monitored: Monitored): Record<string, AlarmSpec> {
  return { ...ofJobs(monitored), ...ofBatches(monitored), ...ofLambdas(monitored), ...ofTable(monitored) };
}

function ofJobs({
  stateMachine,
  lambdas,
  lostUploads,
  lostNotifications,
  jobMetrics,
}: Monitored): Record<string, AlarmSpec> {
  return {
    JobFailed: {
      metric: stateMachine.metricFailed({ period: FIVE_MINUTES, statistic: Stats.SUM }),
      says: "A job failed",
      section: "jobs-failed",
    },
    UploadLost: {
      ...deadLetters(lostUploads),
      says: "An upload started no job",
      section: "uploads-lost",
    },
    ...(lostNotifications && {
      NotificationLost: {
        ...deadLetters(lostNotifications),
        says: "The webhook did not take an event for a day",
        section: "notifications-lost",
      },
    }),
    JobOpenTooLong: {
      metric: jobMetrics.sweep("longest_in_one_status_seconds"),
      says: `A job has been in one status for ${LONGEST_JOB_HOURS} hours`,
      section: "jobs-open-too-long",
      threshold: LONGEST_JOB_HOURS * HOUR,
    },
    SweepFailed: {
      metric: lambdas["sweep-jobs"].metricErrors({ period: Duration.hours(1), statistic: Stats.SUM }),
      says: "The sweep failed: a stopped execution's job may be left unsettled",
      section: "sweep-failed",
    },
  };
}

function ofBatches({ jobMetrics }: Monitored): Record<string, AlarmSpec> {
  const overdue = ProviderName.options.map((provider): [string, AlarmSpec] => [
    `BatchOverdue-${provider}`,
    {
      metric: jobMetrics.batches("batch_age_seconds", provider, Stats.MAXIMUM),
      says: `A batch has been at ${provider} for ${LONGEST_BATCH_HOURS} hours`,
      section: "batch-overdue",
      threshold: LONGEST_BATCH_HOURS * HOUR,
    },
  ]);
  return {
    ...Object.fromEntries(overdue),
    TokenQueueStuck: {
      // The one provider that limits the tokens that wait.
      metric: jobMetrics.batches("token_queue_held_seconds", "openai", Stats.MAXIMUM),
      says: `Batches wait for room in a token queue in which one has had its place for ${LONGEST_PLACE_HOURS} hours`,
      section: "token-queue-stuck",
      threshold: LONGEST_PLACE_HOURS * HOUR,
    },
  };
}

function ofLambdas({ lambdas }: Monitored): Record<string, AlarmSpec> {
  const often = { period: FIVE_MINUTES, statistic: Stats.SUM };
  // biome-ignore lint/plugin: names of Lambdas are written in the code
  const specs: Record<string, AlarmSpec> = {};
  for (const [name, lambda] of Object.entries(lambdas)) {
    if (name !== "sweep-jobs") {
      specs[`Errors-${name}`] = {
        metric: lambda.metricErrors(often),
        says: `The Lambda ${name} goes on failing`,
        section: "lambda-errors",
        // A job that a single failure ends has an alarm of its own.
        outOf: SUSTAINED,
      };
    }
    // Called once or more for each batch: they are the ones that can be many at once.
    if (LAMBDAS[name as LambdaName]?.callsProvider) {
      specs[`Throttled-${name}`] = {
        metric: lambda.metricThrottles(often),
        says: `The Lambda ${name} is throttled`,
        section: "lambda-throttled",
        outOf: SUSTAINED,
      };
    }
  }
  return specs;
}

function ofTable({ table }: Monitored): Record<string, AlarmSpec> {
  const spec = (what: "Read" | "Write"): AlarmSpec => ({
    metric: throttles(table, what, FIVE_MINUTES),
    says: `DynamoDB goes on turning ${what.toLowerCase()}s of the table away`,
    section: "table-throttled",
    outOf: SUSTAINED,
  });
  return { "TableThrottled-reads": spec("Read"), "TableThrottled-writes": spec("Write") };
}

/** Whether anything is in a dead-letter queue. SQS is silent about a queue that nobody touches: the message is still there. */
function deadLetters(queue: IQueue): Pick<AlarmSpec, "metric" | "missing"> {
  const window = { period: FIVE_MINUTES, statistic: Stats.MAXIMUM };
  return { metric: queue.metricApproximateNumberOfMessagesVisible(window), missing: TreatMissingData.IGNORE };
}
