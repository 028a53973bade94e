/**
 * Settings of every AWS client. The SDK has no time-out of its own, and its `requestTimeout` alone only logs a warning.
 * A request that timed out is tried again by the SDK, three times in all. Times are milliseconds, until the answer's headers.
 */

/** For small requests: DynamoDB, Step Functions, Secrets Manager, Systems Manager, CloudFormation. */
export const AWS_CLIENT = clientOptions(30_000);

/** For S3. A part of an upload has at most 64 MiB: 120 s are enough at 5 Mbit/s. */
export const S3_CLIENT = clientOptions(120_000);

function clientOptions(requestTimeout: number) {
  return { requestHandler: { connectionTimeout: 10_000, requestTimeout, throwOnRequestTimeout: true } };
}
