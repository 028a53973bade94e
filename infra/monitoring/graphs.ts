import { Duration } from "aws-cdk-lib";
import { GraphWidget, type IMetric, MathExpression } from "aws-cdk-lib/aws-cloudwatch";

/** Metrics as lines. `width`: the dashboard has 24. */
export const lines = (title: string, left: IMetric[], width = 8) =>
  new GraphWidget({ title, left, width, height: 6 });

/** Metrics whose sum means something, one on top of the other. */
export const stacked = (title: string, left: IMetric[]) =>
  new GraphWidget({ title, left, stacked: true, width: 8, height: 6 });

/** A metric of seconds, shown in hours. `id`: lower case, and unique in its graph. */
export const inHours = (seconds: IMetric, id: string, label = id) =>
  new MathExpression({
    expression: `${id} / 3600`,
    usingMetrics: { [id]: seconds },
    label,
    period: Duration.hours(1),
  });
