import { Alarm, ComparisonOperator, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import { Construct } from "constructs";
import { type AlarmSpec, alarmSpecs, type Monitored } from "./alarm-specs.ts";

/** The alarms. Each needs a person, and names its section in the runbook. */
export class Alarms extends Construct {
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
