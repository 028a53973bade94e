/** AWS's public prices in us-east-1, November 2026, in USD. */
export const PRICES = {
  /** One state transition of a STANDARD workflow; https://aws.amazon.com/step-functions/pricing/ */
  transition: 0.025 / 1000,
  /** One GB-second on arm64, and one request; https://aws.amazon.com/lambda/pricing/ */
  gbSecond: 0.0000133334,
  invocation: 0.2 / 1e6,
  /** PUT, COPY, POST, LIST, and GET and all others; https://aws.amazon.com/s3/pricing/ */
  s3Write: 0.005 / 1000,
  s3Read: 0.0004 / 1000,
  /** On-demand request units; https://aws.amazon.com/dynamodb/pricing/on-demand/ */
  writeUnit: 0.625 / 1e6,
  readUnit: 0.125 / 1e6,
  /** One call of the API; https://aws.amazon.com/secrets-manager/pricing/ */
  secretRead: 0.05 / 10_000,
  /** One GB taken in by CloudWatch Logs; https://aws.amazon.com/cloudwatch/pricing/ */
  logGb: 0.5,
  /** One custom event; https://aws.amazon.com/eventbridge/pricing/ */
  event: 1 / 1e6,
} as const;

/** GB of memory of each Lambda, as in infra/lambdas/nightshift-function.ts. */
export const LAMBDA_GB = 0.5;

/** MB of memory that give a Lambda one whole vCPU; https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
export const MB_OF_ONE_CPU = 1769;
