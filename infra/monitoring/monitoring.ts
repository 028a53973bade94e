import { Alarm, ComparisonOperator, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import { Construct } from "constructs";
import { type AlarmSpec, alarmSpecs, type Monitored } from "./alarm-specs.ts";
import { type DashboardProps, dashboard } from "./dashboard.ts";
import { JobMetrics, type JobMetricsProps } from "./job-metrics.ts";

export type MonitoringProps = Omit<Monitored, "jobMetrics"> &
  Pick<DashboardProps, "bucket"> &
  Omit<JobMetricsProps, "name"> & {
    topic: ITopic | undefined;
  };

/** Metrics of the jobs, alarms for what needs a person, and a dashboard. */
export class Monitoring extends Construct {
  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    const monitored = { ...props, jobMetrics: new JobMetrics(this, "JobMetrics", props) };
    const alarms = new Alarms(this, "Alarms", monitored).all;
    dashboard(this, "Dashboard", { ...monitored, alarms });
  }
}

/** The alarms. Each needs a person, and names its section in the runbook. */
class Alarms extends Construct {
  readonly all: Alarm[] = [];
  readonly #name: string;
  readonly #topic: ITopic | undefined;

  constructor(scope: Construct, id: string, monitored: Monitored & { topic: ITopic | undefined }) {
    super(scope, id);
    this.#name = monitored.name;
    this.#topic = monitored.topic;
    for (const [name, spec] of Object.entries(alarmSpecs(monitored))) this.add(name, spec);
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
