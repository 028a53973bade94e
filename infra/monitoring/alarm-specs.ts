import { Duration } from "aws-cdk-lib";
import { type IMetric, Stats, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import type { ProviderName } from "../../shared/models.ts";
import { PROFILES } from "../../shared/providers/list.ts";
import { LAMBDAS, type LambdaName } from "../lambdas/lambda-table.ts";
import type { NightshiftFunction } from "../lambdas/nightshift-function.ts";
import type { JobMetrics } from "./job-metrics.ts";
import { throttles } from "./table-metrics.ts";

export interface Monitored {
  /** The state machine's name; the alarms' and the dashboard's names begin with it. */
  name: string;
  providers: readonly ProviderName[];
  stateMachine: StateMachine;
  /** Every Lambda there is, those of `LAMBDAS` and others. */
  lambdas: Readonly<Record<LambdaName, NightshiftFunction> & Record<string, NightshiftFunction>>;
  /** Uploads that started nothing. */
  lostUploads: IQueue;
  /** Events that the webhook did not accept; undefined without one. */
  lostNotifications: IQueue | undefined;
  table: ITable;
  jobMetrics: JobMetrics;
}

/** An alarm as `docs/runbook.md` has it. */
export interface AlarmSpec {
  metric: IMetric;
  /** What has happened, for the person who gets the mail. */
  says: string;
  /** The section of `docs/runbook.md`. */
  section: string;
  /** Alarms from here on. Default: 1. */
  threshold?: number;
  /** How many of how many periods. Default: one of one. */
  outOf?: [datapoints: number, periods: number];
  /** What missing data means. Default: all is well, because most metrics have data only when something happens. */
  missing?: TreatMissingData;
}

/**
 * Hours that a job may stay in one status. It may have three rounds (`max_rounds`' default) of a provider's 24 hours,
 * and wait a day for room.
 */
const LONGEST_JOB_HOURS = 4 * 24;
/** Hours that a batch may be at a provider beyond the longest that it promises: to expire and to be polled. */
const BATCH_MARGIN_HOURS = 2;
/**
 * Hours that a batch may hold its share of the token queue beyond that: to be sent and polled. An hour later
 * the queue takes the share back by itself (`shared/records/token-ledger.ts`).
 */
const HOLD_MARGIN_HOURS = 1;
const HOUR = 3600;
/** Periods of five minutes. A single failure is retried; the alarm is for a cause that stays. */
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
      says: "A job failed in the last five minutes",
      section: "jobs-failed",
    },
    UploadLost: {
      ...deadLetters(lostUploads),
      says: "An upload could not start a job for a day",
      section: "uploads-lost",
    },
    ...(lostNotifications && {
      NotificationLost: {
        ...deadLetters(lostNotifications),
        says: "The webhook (notifyUrl) did not accept an event for a day",
        section: "notifications-lost",
      },
    }),
    JobOpenTooLong: {
      metric: jobMetrics.sweep("longest_in_one_status_seconds"),
      says: `A job has been in one status for ${LONGEST_JOB_HOURS} hours or longer`,
      section: "jobs-open-too-long",
      threshold: LONGEST_JOB_HOURS * HOUR,
    },
    SweepFailed: {
      metric: lambdas["sweep-jobs"].metricErrors({ period: Duration.hours(1), statistic: Stats.SUM }),
      says: "sweep-jobs failed: jobs of stopped executions may be orphans",
      section: "sweep-failed",
    },
  };
}

function ofBatches({ jobMetrics, providers }: Monitored): Record<string, AlarmSpec> {
  const overdue = providers.map((provider): [string, AlarmSpec] => {
    const hours = PROFILES[provider].limits.longest_hours + BATCH_MARGIN_HOURS;
    return [
      `BatchOverdue-${provider}`,
      {
        metric: jobMetrics.batches("batch_age_seconds", provider, Stats.MAXIMUM),
        says: `A batch has been at ${provider} for ${hours} hours or longer`,
        section: "batch-overdue",
        threshold: hours * HOUR,
      },
    ];
  });
  const stuck = providers.filter((name) => PROFILES[name].limits_queued_tokens).map(queueStuck(jobMetrics));
  return Object.fromEntries([...overdue, ...stuck]);
}

/** OpenAI's alarm keeps the name that it had when it was the only one. */
const queueStuck =
  (jobMetrics: JobMetrics) =>
  (provider: ProviderName): [string, AlarmSpec] => {
    const hours = PROFILES[provider].limits.longest_hours + HOLD_MARGIN_HOURS;
    return [
      provider === "openai" ? "TokenQueueStuck" : `TokenQueueStuck-${provider}`,
      {
        metric: jobMetrics.batches("token_queue_held_seconds", provider, Stats.MAXIMUM),
        says: `Batches wait for the token queue of ${provider}, in which one batch has held its share for ${hours} hours`,
        section: "token-queue-stuck",
        threshold: hours * HOUR,
      },
    ];
  };

function ofLambdas({ lambdas }: Monitored): Record<string, AlarmSpec> {
  const often = { period: FIVE_MINUTES, statistic: Stats.SUM };
  // biome-ignore lint/plugin: names of Lambdas are written in the code
  const specs: Record<string, AlarmSpec> = {};
  for (const [name, lambda] of Object.entries(lambdas)) {
    if (name !== "sweep-jobs") {
      specs[`Errors-${name}`] = {
        metric: lambda.metricErrors(often),
        says: `The Lambda ${name} failed in three of the last four periods of five minutes`,
        section: "lambda-errors",
        // A single failure that ends a job has its own alarm.
        outOf: SUSTAINED,
      };
    }
    // They run once or more for each batch, so many can run at once.
    if (LAMBDAS[name as LambdaName]?.callsProvider) {
      specs[`Throttled-${name}`] = {
        metric: lambda.metricThrottles(often),
        says: `AWS throttled the Lambda ${name} in three of the last four periods of five minutes`,
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
    says: `DynamoDB throttled ${what.toLowerCase()}s of the table in three of the last four periods of five minutes`,
    section: "table-throttled",
    outOf: SUSTAINED,
  });
  return { "TableThrottled-reads": spec("Read"), "TableThrottled-writes": spec("Write") };
}

/** Whether a dead-letter queue has messages. SQS reports nothing of a queue that is not used, though the messages are still there. */
function deadLetters(queue: IQueue): Pick<AlarmSpec, "metric" | "missing"> {
  const window = { period: FIVE_MINUTES, statistic: Stats.MAXIMUM };
  return { metric: queue.metricApproximateNumberOfMessagesVisible(window), missing: TreatMissingData.IGNORE };
}
