/** Metrics of a sweep, in CloudWatch's embedded format: CloudWatch takes them out of the Lambda's log. */
import { metricsNamespace, SWEEP_METRICS } from "../../shared/names.ts";
import type { Sweep } from "./sweep-jobs.ts";

/**
 * The line that tells CloudWatch what a sweep found. `stateMachine`: its ARN; `now`: Unix seconds.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function sweepMetrics(sweep: Sweep, stateMachine: string, now: number): string {
  const Metrics = Object.values(SWEEP_METRICS).map((Name) => ({ Name }));
  const Namespace = metricsNamespace(stateMachine.slice(stateMachine.lastIndexOf(":") + 1));
  return JSON.stringify({
    _aws: {
      Timestamp: Math.round(now * 1000),
      CloudWatchMetrics: [{ Namespace, Dimensions: [[]], Metrics }],
    },
    [SWEEP_METRICS.open]: sweep.open,
    [SWEEP_METRICS.oldest]: sweep.longest_seconds / 3600,
  });
}
