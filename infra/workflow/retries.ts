import { Duration } from "aws-cdk-lib";
import {
  type CustomState,
  type DistributedMap,
  Errors,
  type IChainable,
  JitterType,
  type RetryProps,
  type TaskStateBase,
} from "aws-cdk-lib/aws-stepfunctions";
import { PERMANENT_ERRORS } from "../../shared/errors.ts";

/**
 * Retries by error name. Step Functions takes the first retrier that names the error, and each counts its own attempts.
 * Waits double up to a maximum, with full jitter: each is anything between zero and the number given here. So a
 * thousand batches do not come back at the same moment.
 */

/** Permanent: the same call can only fail again. They come first, so that no wildcard retries them. */
const PERMANENT: RetryProps = {
  errors: [...PERMANENT_ERRORS, "States.DataLimitExceeded"],
  maxAttempts: 0,
};

/**
 * Lambda itself is busy or throttles us; our code did not run, or nobody knows.
 * 2+4+8+16+32 and 15 times 60 s: at most 16 minutes, half of it on average.
 * https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception
 */
const LAMBDA_UNAVAILABLE: RetryProps = {
  errors: [
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.TooManyRequestsException",
  ],
  ...backoff({ first: 2, longest: 60, attempts: 20 }),
};

/**
 * A run that was cut (time, memory, a crash), and errors without a name of ours. Every Lambda may be
 * run again at any time, but a bug will not go away: few attempts. 2+4+8: at most 14 s of waiting.
 * `States.TaskFailed` stands for every error but `States.Timeout`.
 */
const UNKNOWN: RetryProps = {
  errors: ["Lambda.Unknown", "Sandbox.Timedout", Errors.TIMEOUT, Errors.TASKS_FAILED],
  ...backoff({ first: 2, longest: 60, attempts: 3 }),
};

const PROVIDER_UNAVAILABLE = ["ProviderUnavailableError"];

/**
 * For `RecordFailure` and `RecordBatchFailure`, which run last. A job whose failure is not recorded stays claimed by a
 * dead execution. 2+4+8+16+32 and 7 times 60 s: at most 8 minutes.
 */
export const RECORD_RETRIES: readonly RetryProps[] = [
  PERMANENT,
  LAMBDA_UNAVAILABLE,
  { ...UNKNOWN, ...backoff({ first: 2, longest: 60, attempts: 12 }) },
];

/** For Lambdas that call no provider. */
export const RETRIES: readonly RetryProps[] = [PERMANENT, LAMBDA_UNAVAILABLE, UNKNOWN];

/** For `SubmitBatch`. 2+4+8+16+32+64: at most 126 s, so that a wrong address is reported within two minutes. */
export const SUBMIT_RETRIES: readonly RetryProps[] = [
  PERMANENT,
  { errors: PROVIDER_UNAVAILABLE, ...backoff({ first: 2, longest: 64, attempts: 6 }) },
  LAMBDA_UNAVAILABLE,
  UNKNOWN,
];

/**
 * For `PollStatus` and `CollectResults`: the batch is at the provider and will be billed. So giving up costs more than
 * waiting. 5+10+20+40+80+160 and 22 times 300 s: at most 115 minutes,
 * an hour on average.
 */
export const PATIENT_RETRIES: readonly RetryProps[] = [
  PERMANENT,
  { errors: PROVIDER_UNAVAILABLE, ...backoff({ first: 5, longest: 300, attempts: 28 }) },
  LAMBDA_UNAVAILABLE,
  UNKNOWN,
];

/** For `events:putEvents`: every error, as its names are not documented. 2+4+8+16+32+60: at most two minutes. */
export const EVENT_RETRIES: readonly RetryProps[] = [
  { errors: [Errors.ALL], ...backoff({ first: 2, longest: 60, attempts: 6 }) },
];

/**
 * How a wait ends that was not woken: its time is over, or a wake signal came before it began.
 * An AWS SDK integration says `DynamoDb`, an optimized one `DynamoDB`:
 * https://docs.aws.amazon.com/step-functions/latest/dg/connect-ddb.html
 */
export const NO_NEED_TO_WAIT = [Errors.TIMEOUT, "DynamoDb.ConditionalCheckFailedException"];

/**
 * For the `WaitForProvider` that parks a token in the table: every error, except the two regular ends of a wait
 * (`NO_NEED_TO_WAIT`). 2+4+8+16+32 and 7 times 60 s: at most 8 minutes.
 */
export const PARK_RETRIES: readonly RetryProps[] = [
  { errors: NO_NEED_TO_WAIT, maxAttempts: 0 },
  { errors: [Errors.TASKS_FAILED], ...backoff({ first: 2, longest: 60, attempts: 12 }) },
];

function backoff(of: { first: number; longest: number; attempts: number }): RetryProps {
  return {
    interval: Duration.seconds(of.first),
    backoffRate: 2,
    maxDelay: Duration.seconds(of.longest),
    maxAttempts: of.attempts,
    jitterStrategy: JitterType.FULL,
  };
}

/**
 * Sends every failure of a state to `handler`, with `$.error` beside the state's input. `States.ALL`
 * does not stand for `States.DataLimitExceeded`, which is therefore named as well:
 * https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html#error-handling-error-representation
 */
export function catchEverything(
  state: TaskStateBase | CustomState | DistributedMap,
  handler: IChainable,
): void {
  state.addCatch(handler, { errors: ["States.DataLimitExceeded"], resultPath: "$.error" });
  state.addCatch(handler, { errors: [Errors.ALL], resultPath: "$.error" });
}
