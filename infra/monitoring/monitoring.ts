import type { ITopic } from "aws-cdk-lib/aws-sns";
import { Construct } from "constructs";
import type { Monitored } from "./alarm-specs.ts";
import { Alarms } from "./alarms.ts";
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
