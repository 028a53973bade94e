import { Duration } from "aws-cdk-lib";
import { JsonPath, type RetryProps, TaskInput, Timeout } from "aws-cdk-lib/aws-stepfunctions";
import { LambdaInvoke } from "aws-cdk-lib/aws-stepfunctions-tasks";
import type { Construct } from "constructs";
import type { NightshiftFunction } from "../lambdas/nightshift-function.ts";

export interface LambdaTaskProps {
  lambda: NightshiftFunction;
  /** The Lambda's event; the whole state when not given. */
  payload?: Record<string, unknown>;
  retries: readonly RetryProps[];
}

/**
 * A task that is a Lambda call. The event goes in as it is, the return value comes out as it is
 * (`payloadResponseOnly`). So the state reads as the payload contract says.
 */
export function lambdaTask(scope: Construct, stateName: string, props: LambdaTaskProps): LambdaInvoke {
  const task = new LambdaInvoke(scope, stateName, {
    lambdaFunction: props.lambda,
    payloadResponseOnly: true,
    ...(props.payload && { payload: TaskInput.fromObject(props.payload) }),
    retryOnServiceExceptions: false,
    // A little past the Lambda's own: the run is dead before the next one starts. Given at all because
    // the local engine's interpreter stops a task without it after 60 s.
    taskTimeout: Timeout.duration(props.lambda.longest.plus(Duration.seconds(5))),
  });
  for (const retry of props.retries) task.addRetry(retry);
  return task;
}

/** The execution's own id and input: what `record-failure` knows a job by when nothing else is left. */
export const EXECUTION_ID = JsonPath.stringAt("$$.Execution.Id");
