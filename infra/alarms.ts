import { Duration } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, type IMetric, Stats, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import type { JobMetrics } from "./job-metrics.ts";
import { LAMBDAS, type LambdaName } from "./lambda-table.ts";
import type { NightshiftFunction } from "./nightshift-function.ts";

/** What the alarms and the dashboard look at. */
export interface Monitored {
  /** The state machine's name; the alarms' and the dashboard's names begin with it. */
  name: string;
  stateMachine: StateMachine;
  lambdas: Readonly<Record<LambdaName, NightshiftFunction>>;
  /** Uploads that started nothing. */
  lostUploads: IQueue;
  /** Events that the webhook did not take; undefined without one. */
  lostNotifications: IQueue | undefined;
  jobMetrics: JobMetrics;
}

/** An alarm as `docs/runbook.md` has it. */
interface AlarmSpec {
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
const LONGEST_HOURS = 4 * 24;
const FIVE_MINUTES = Duration.minutes(5);
/** Providers are called by these alone, once or more for each batch: they are the ones that can be many at once. */
const MANY = Object.entries(LAMBDAS)
  .filter(([, spec]) => spec.callsProvider)
  .map(([name]) => name);

/** Alarms for what needs a person. Each names its section in the runbook. */
export class Alarms extends Construct {
  readonly all: Alarm[] = [];
  readonly #name: string;
  readonly #topic: ITopic | undefined;

  constructor(scope: Construct, id: string, monitored: Monitored & { topic: ITopic | undefined }) {
    super(scope, id);
    const { stateMachine, lambdas, lostUploads, lostNotifications, jobMetrics } = monitored;
    this.#name = monitored.name;
    this.#topic = monitored.topic;
    const often = { period: FIVE_MINUTES, statistic: Stats.SUM };
    this.add("JobFailed", {
      metric: stateMachine.metricFailed(often),
      says: "A job failed",
      section: "jobs-failed",
    });
    this.add("UploadLost", {
      ...deadLetters(lostUploads),
      says: "An upload started no job",
      section: "uploads-lost",
    });
    if (lostNotifications)
      this.add("NotificationLost", {
        ...deadLetters(lostNotifications),
        says: "The webhook did not take an event for a day",
        section: "notifications-lost",
      });
    this.add("JobOpenTooLong", {
      metric: jobMetrics.sweep("longest_in_one_status_seconds"),
      says: `A job has been in one status for ${LONGEST_HOURS} hours`,
      section: "jobs-open-too-long",
      threshold: LONGEST_HOURS * 3600,
    });
    this.add("SweepFailed", {
      metric: lambdas["sweep-jobs"].metricErrors({ period: Duration.hours(1), statistic: Stats.SUM }),
      says: "The sweep failed: a stopped execution's job may be left unsettled",
      section: "sweep-failed",
    });
    for (const [name, lambda] of Object.entries(lambdas)) {
      if (name === "sweep-jobs") continue;
      this.add(`Errors-${name}`, {
        metric: lambda.metricErrors(often),
        says: `The Lambda ${name} goes on failing`,
        section: "lambda-errors",
        // One failure is retried, and a job that it ends has an alarm of its own.
        outOf: [3, 4],
      });
    }
    for (const name of MANY) {
      this.add(`Throttled-${name}`, {
        metric: lambdas[name as LambdaName].metricThrottles(often),
        says: `The Lambda ${name} is throttled`,
        section: "lambda-throttled",
        outOf: [3, 4],
      });
    }
  }

  private add(id: string, spec: AlarmSpec): void {
    const [datapointsToAlarm, evaluationPeriods] = spec.outOf ?? [1, 1];
    const alarm = new Alarm(this, id, {
      alarmName: `${this.#name}-${id}`,
      alarmDescription: `${spec.says}. What to do: docs/runbook.md#${spec.section}`,
      metric: spec.metric,
      threshold: spec.threshold ?? 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      datapointsToAlarm,
      evaluationPeriods,
      treatMissingData: spec.missing ?? TreatMissingData.NOT_BREACHING,
    });
    if (this.#topic) alarm.addAlarmAction(new SnsAction(this.#topic));
    this.all.push(alarm);
  }
}

/** Whether anything is in a dead-letter queue. SQS is silent about a queue that nobody touches: the message is still there. */
function deadLetters(queue: IQueue): Pick<AlarmSpec, "metric" | "missing"> {
  const window = { period: FIVE_MINUTES, statistic: Stats.MAXIMUM };
  return {
    metric: queue.metricApproximateNumberOfMessagesVisible(window),
    missing: TreatMissingData.IGNORE,
  };
}
