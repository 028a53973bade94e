import { ArnFormat, Duration } from "aws-cdk-lib";
import { Metric, Stats } from "aws-cdk-lib/aws-cloudwatch";
import { type IEventBus, Rule } from "aws-cdk-lib/aws-events";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { FilterPattern, type IFilterPattern, type LogGroup, ResourcePolicy } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import type { ProviderName } from "../../shared/models.ts";
import { METRICS, metricsNamespace } from "../../shared/names.ts";
import type { LambdaName } from "../lambdas/lambda-table.ts";
import { OF_JOBS } from "../notifications/event-pattern.ts";
import { logGroup, type StoragePolicy } from "../storage/storage-policy.ts";

/** Metrics by the number in a job's last event that each counts. */
const NUMBERS = {
  ItemsSucceeded: "$.detail.counts.succeeded",
  ItemsFailed: "$.detail.counts.failed",
  ItemsInvalid: "$.detail.counts.invalid",
  ItemsExpired: "$.detail.counts.expired",
  ItemsCancelled: "$.detail.counts.cancelled",
  InputTokens: "$.detail.receipt.prompt_tokens",
  OutputTokens: "$.detail.receipt.completion_tokens",
  CostUsd: "$.detail.receipt.cost_usd",
} as const;
type NumberName = keyof typeof NUMBERS;

export const EVENT_STATUSES = ["in_progress", "completed", "failed", "expired", "cancelled"] as const;

export interface JobMetricsProps {
  bus: IEventBus;
  /** The state machine's name: it keeps the metrics of several Nightshifts apart. */
  name: string;
  storage: StoragePolicy;
}

/**
 * Keeps the jobs' events in a log group and makes metrics of them. So a step that runs twice counts once. Facts that
 * events do not have come from the Lambdas' logs: `shared/telemetry.ts`.
 */
export class JobMetrics extends Construct {
  /** A line for each event of a job. */
  readonly events: LogGroup;
  readonly #namespace: string;

  constructor(scope: Construct, id: string, { bus, name, storage }: JobMetricsProps) {
    super(scope, id);
    this.#namespace = metricsNamespace(name);
    this.events = logGroup(this, "Events", storage, `/aws/events/${name}`);
    this.keepEvents(bus);
    const cameIntoStatus = FilterPattern.exists("$.detail.status");
    this.count("Jobs", cameIntoStatus, "1", { Status: "$.detail.status" });
    for (const [metric, path] of Object.entries(NUMBERS)) {
      // A failed job can be started again. Its later event has the same numbers.
      const notFailed = FilterPattern.stringValue("$.detail.status", "!=", "failed");
      this.count(metric, FilterPattern.all(notFailed, FilterPattern.numberValue(path, ">=", 0)), path);
    }
  }

  /** Jobs that reached a status, in an hour. */
  jobs(Status: (typeof EVENT_STATUSES)[number]): Metric {
    return this.metric("Jobs", { label: Status, dimensionsMap: { Status } });
  }

  /** Items, tokens or US dollars of the jobs that ended otherwise than failed, in an hour. */
  sum(name: NumberName, label: string): Metric {
    return this.metric(name, { label });
  }

  /** What the runs of an hour reported of a provider's batches. */
  batches(fact: keyof typeof METRICS, provider: ProviderName, statistic: string): Metric {
    return this.metric(METRICS[fact].name, { statistic, dimensionsMap: { provider } });
  }

  /** What the hourly sweep found. */
  sweep(fact: keyof typeof METRICS): Metric {
    const dimensionsMap = { service: "sweep-jobs" satisfies LambdaName };
    return this.metric(METRICS[fact].name, { statistic: Stats.MAXIMUM, dimensionsMap });
  }

  private metric(
    metricName: string,
    more: { label?: string; statistic?: string; dimensionsMap?: Record<string, string> },
  ) {
    return new Metric({
      namespace: this.#namespace,
      metricName,
      statistic: Stats.SUM,
      period: Duration.hours(1),
      ...more,
    });
  }

  private count(
    metricName: string,
    filterPattern: IFilterPattern,
    metricValue: string,
    dimensions?: Record<string, string>,
  ): void {
    this.events.addMetricFilter(metricName, {
      metricNamespace: this.#namespace,
      metricName,
      metricValue,
      filterPattern,
      ...(dimensions && { dimensions }),
    });
  }

  /** CDK's own target comes with a custom resource, a Lambda that may change any log group's policy. */
  private keepEvents(eventBus: IEventBus): void {
    const { stack, logGroupArn, logGroupName } = this.events;
    const rule = new Rule(this, "Rule", {
      description: "Nightshift: keeps the jobs' events, for metrics",
      eventBus,
      eventPattern: OF_JOBS,
    });
    // Without the `:*` at the end of a log group's ARN.
    const arn = stack.formatArn({
      service: "logs",
      resource: "log-group",
      resourceName: logGroupName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    rule.addTarget({ bind: () => ({ arn }) });
    new ResourcePolicy(this, "Policy", {
      policyStatements: [
        new PolicyStatement({
          principals: ["events", "delivery.logs"].map(
            (service) => new ServicePrincipal(`${service}.amazonaws.com`),
          ),
          actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
          resources: [logGroupArn],
          conditions: { ArnEquals: { "aws:SourceArn": rule.ruleArn } },
        }),
      ],
    });
  }
}
