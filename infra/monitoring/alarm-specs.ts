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

/** What the alarms and the dashboard look at. */
export interface Monitored {
  /** The state machine's name; the alarms' and the dashboard's names begin with it. */
  name: string;
  /** The providers of the stack. */
  providers: readonly ProviderName[];
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
/** Hours that a batch may be at a provider beyond the longest that it promises: to expire and to be polled. */
const BATCH_MARGIN_HOURS = 2;
/**
 * Hours that a batch may hold its share of the token queue beyond that: to be sent and polled. An hour later
 * the queue takes the share back by itself (`shared/records/token-ledger.ts`).
 */
const HOLD_MARGIN_HOURS = 1;
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

function ofBatches({ jobMetrics, providers }: Monitored): Record<string, AlarmSpec> {
  const overdue = providers.map((provider): [string, AlarmSpec] => {
    const hours = PROFILES[provider].limits.longest_hours + BATCH_MARGIN_HOURS;
    return [
      `BatchOverdue-${provider}`,
      {
        metric: jobMetrics.batches("batch_age_seconds", provider, Stats.MAXIMUM),
        says: `A batch has been at ${provider} for ${hours} hours`,
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
        says: `Batches wait for room in a token queue in which one has had its place for ${hours} hours`,
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
