import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import type { IEventBus } from "aws-cdk-lib/aws-events";
import {
  Choice,
  Condition,
  CustomState,
  type IChainable,
  JsonPath,
  Pass,
  Result,
  Wait,
  WaitTime,
} from "aws-cdk-lib/aws-stepfunctions";
import type { Construct } from "constructs";
import { EVENT } from "../../shared/names.ts";
import type { LambdaName } from "../lambdas/lambda-table.ts";
import type { NightshiftFunction } from "../lambdas/nightshift-function.ts";
import { EXECUTION_ID, lambdaTask } from "./lambda-task.ts";
import { notifyTask } from "./notify-task.ts";
import {
  catchEverything,
  NO_NEED_TO_WAIT,
  PATIENT_RETRIES,
  RECORD_RETRIES,
  SUBMIT_RETRIES,
} from "./retries.ts";
import { waitForWake } from "./wait-for-wake.ts";

export interface BatchWorkflowProps {
  lambdas: Readonly<Record<LambdaName, NightshiftFunction>>;
  /** Gets the events of finished batches. */
  bus: IEventBus;
  /** The table in which waiting tasks park their tokens; undefined when nothing wakes them. */
  wakes: ITable | undefined;
}

/**
 * The workflow of one batch, run as a child execution of the job's. It is: submit, wait, poll, collect, and again with the
 * items that are left. A round that is asked in real time goes through `AnswerNow` instead. The state is `BatchState`;
 * each Lambda takes all of it and returns the next. The workflow never fails: a permanent error is recorded, and the
 * other batches continue. With `wakes`, `WaitForProvider` ends at a wake signal, or when its time is over.
 */
export function batchWorkflow(scope: Construct, { lambdas, bus, wakes }: BatchWorkflowProps): IChainable {
  const submit = lambdaTask(scope, "SubmitBatch", {
    lambda: lambdas["submit-batch"],
    retries: SUBMIT_RETRIES,
  });
  const poll = lambdaTask(scope, "PollStatus", { lambda: lambdas["poll-status"], retries: PATIENT_RETRIES });
  const collect = lambdaTask(scope, "CollectResults", {
    lambda: lambdas["collect-results"],
    retries: PATIENT_RETRIES,
  });
  const answerNow = lambdaTask(scope, "AnswerNow", {
    lambda: lambdas["answer-now"],
    retries: PATIENT_RETRIES,
  });
  const recordFailure = lambdaTask(scope, "RecordBatchFailure", {
    lambda: lambdas["record-failure"],
    payload: {
      execution: EXECUTION_ID,
      input: {},
      batch: JsonPath.objectAt("$"),
      error: JsonPath.objectAt("$.error"),
    },
    retries: RECORD_RETRIES,
  });
  const waitForCapacity = waitSeconds(scope, "WaitForCapacity");
  const waitForProvider = wakes
    ? waitForWake(scope, "WaitForProvider", wakes)
    : waitSeconds(scope, "WaitForProvider");
  // The outputs of all children together must stay below the 256 KiB of a state, for thousands of batches.
  const done = new Pass(scope, "BatchDone", { result: Result.fromObject({}) });
  const notifyBatch = notifyTask(scope, "NotifyBatch", bus, EVENT.batchDetailType);
  notifyBatch.next(done);

  const isSubmitted = Condition.booleanEquals("$.submitted", true);
  const submitted = new Choice(scope, "Submitted?")
    // No batch is made of it: its items are asked one by one.
    .when(isSet("$.real_time"), answerNow)
    .otherwise(waitForCapacity.next(submit));
  answerNow.next(
    new Choice(scope, "AllAsked?")
      .when(Condition.booleanEquals("$.ended", true), collect)
      // Many items take more runs than one.
      .otherwise(answerNow),
  );
  submit.next(submitted);
  if (wakes) {
    // A time-out must not be 0. A batch that was rejected at once is not at the provider: no signal will come.
    const runs = Condition.numberGreaterThan("$.wait_seconds", 0);
    submitted.when(Condition.and(isSubmitted, runs), waitForProvider).when(isSubmitted, poll);
  } else submitted.when(isSubmitted, waitForProvider);
  waitForProvider.next(poll);
  poll.next(
    new Choice(scope, "BatchEnded?")
      .when(Condition.booleanEquals("$.ended", true), collect)
      // The provider rejected it because its queue is full: it is to be submitted again.
      .when(Condition.booleanEquals("$.submitted", false), waitForCapacity)
      .otherwise(waitForProvider),
  );
  collect.next(
    new Choice(scope, "ItemsLeft?")
      .when(Condition.numberGreaterThan("$.items_left", 0), submit)
      // A slow download takes more runs than one.
      .when(Condition.booleanEquals("$.collecting", true), collect)
      // All rows are safe. A batch that made way for real time still runs, and will cost something.
      .when(isSet("$.late"), waitForProvider)
      .otherwise(notifyBatch),
  );
  if (waitForProvider instanceof CustomState) {
    // No wake signal came, or one came before the wait: poll.
    waitForProvider.addCatch(poll, { errors: NO_NEED_TO_WAIT, resultPath: JsonPath.DISCARD });
    catchEverything(waitForProvider, recordFailure);
  }
  for (const task of [submit, poll, collect, answerNow]) catchEverything(task, recordFailure);
  // A failure that cannot be recorded, or an event that cannot be put, does not stop the others: `FinalizeJob` sees that
  // answers are missing.
  for (const task of [recordFailure, notifyBatch]) catchEverything(task, done);
  recordFailure.next(notifyBatch);
  return submit;
}

/** Whether a field is there and true: while a stack is being updated, Lambdas of before do not set it. */
function isSet(path: string): Condition {
  return Condition.and(Condition.isPresent(path), Condition.booleanEquals(path, true));
}

/** Waits for the `wait_seconds` that the Lambda before it returned. */
function waitSeconds(scope: Construct, stateName: string): Wait {
  return new Wait(scope, stateName, { time: WaitTime.secondsPath("$.wait_seconds") });
}
