import { Duration } from "aws-cdk-lib";
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  type IMetric,
  LogQueryWidget,
  Metric,
  Stats,
  TextWidget,
} from "aws-cdk-lib/aws-cloudwatch";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import type { Monitored } from "./alarm-specs.ts";
import { batchWidgets } from "./batch-widgets.ts";
import { inHours, lines, stacked } from "./graphs.ts";
import { EVENT_STATUSES } from "./job-metrics.ts";
import { throttles } from "./table-metrics.ts";

export interface DashboardProps extends Monitored {
  bucket: IBucket;
  alarms: readonly Alarm[];
}

const HOUR = { period: Duration.hours(1), statistic: Stats.SUM };

/** The dashboard: jobs first, then batches, then AWS services. `docs/runbook.md` describes each widget. */
export function dashboard(scope: Construct, id: string, props: DashboardProps): Dashboard {
  const { name, stateMachine, lostUploads, jobMetrics, alarms } = props;
  const each = (metric: (lambda: (typeof props.lambdas)["prepare-job"], label: string) => IMetric) =>
    Object.entries(props.lambdas).map(([label, lambda]) => metric(lambda, label));
  const text = `# ${name}\nA job: \`nightshift status JOB --stack STACK\`. An alarm, or a slow job: docs/runbook.md.`;
  return new Dashboard(scope, id, {
    dashboardName: name,
    defaultInterval: Duration.days(3),
    widgets: [
      [new TextWidget({ markdown: text, width: 24, height: 2 })],
      [new AlarmStatusWidget({ title: "Alarms", alarms: [...alarms], width: 24, height: 4 })],
      [
        stacked(
          "Jobs by status",
          EVENT_STATUSES.map((status) => jobMetrics.jobs(status)),
        ),
        stacked("Items by outcome", [
          jobMetrics.sum("ItemsSucceeded", "succeeded"),
          jobMetrics.sum("ItemsFailed", "failed"),
          jobMetrics.sum("ItemsInvalid", "invalid"),
          jobMetrics.sum("ItemsExpired", "expired"),
          jobMetrics.sum("ItemsCancelled", "cancelled"),
        ]),
        stacked("Cost in US dollars", [jobMetrics.sum("CostUsd", "batch rates")]),
      ],
      [
        lines("Open jobs", [jobMetrics.sweep("open_jobs")]),
        lines("Longest time in one status, hours", [
          inHours(jobMetrics.sweep("longest_in_one_status_seconds"), "hours"),
        ]),
        stacked("Tokens", [jobMetrics.sum("InputTokens", "input"), jobMetrics.sum("OutputTokens", "output")]),
      ],
      [
        new LogQueryWidget({
          title: "Jobs that failed",
          logGroupNames: [jobMetrics.events.logGroupName],
          queryLines: [
            "filter detail.status = 'failed'",
            "fields @timestamp, detail.job_id, detail.provider, detail.error",
            "sort @timestamp desc",
            "limit 20",
          ],
          width: 24,
          height: 6,
        }),
      ],
      ...batchWidgets(props),
      [
        stacked("Executions", [
          stateMachine.metricStarted(HOUR),
          stateMachine.metricSucceeded(HOUR),
          stateMachine.metricFailed(HOUR),
          stateMachine.metricAborted(HOUR),
          stateMachine.metricThrottled(HOUR),
        ]),
        lines("Uploads that started nothing", [
          lostUploads.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM }),
        ]),
        lines("Table throttles", [throttles(props.table, "Read"), throttles(props.table, "Write")]),
      ],
      [
        lines(
          "Lambda errors",
          each((lambda, label) => lambda.metricErrors({ label })),
        ),
        lines(
          "Lambda throttles",
          each((lambda, label) => lambda.metricThrottles({ label })),
        ),
        lines("Bucket size, bytes", [bucketSize(props.bucket)]),
      ],
      [
        lines(
          "Lambda durations, p50",
          each((lambda, label) => lambda.metricDuration({ label, statistic: "p50" })),
          12,
        ),
        lines(
          "Lambda durations, p99",
          each((lambda, label) => lambda.metricDuration({ label, statistic: "p99" })),
          12,
        ),
      ],
    ],
  });
}

/** Reported once a day: https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html */
function bucketSize(bucket: IBucket): Metric {
  return new Metric({
    namespace: "AWS/S3",
    metricName: "BucketSizeBytes",
    dimensionsMap: { BucketName: bucket.bucketName, StorageType: "StandardStorage" },
    period: Duration.days(1),
    statistic: Stats.AVERAGE,
  });
}
