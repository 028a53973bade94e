import type { Duration } from "aws-cdk-lib";
import { Metric, Stats } from "aws-cdk-lib/aws-cloudwatch";
import type { ITable } from "aws-cdk-lib/aws-dynamodb";

/**
 * Reads or writes of a table that DynamoDB throttled:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
 */
export function throttles({ tableName }: ITable, what: "Read" | "Write", period?: Duration): Metric {
  return new Metric({
    namespace: "AWS/DynamoDB",
    metricName: `${what}ThrottleEvents`,
    dimensionsMap: { TableName: tableName },
    statistic: Stats.SUM,
    period,
  });
}
