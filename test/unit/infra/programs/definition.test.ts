import { existsSync } from "node:fs";
import { join } from "node:path";
import { StateMachine } from "aws-local-stepfunctions";
import { describe, expect, test } from "vitest";
import { LAMBDAS, type LambdaName } from "../../../../infra/lambdas/lambda-table.ts";
import { definitionOf, synthesizedDefinition } from "../../../../infra/programs/definition.ts";
import { only, synthesize } from "../stack.ts";

const ROOT = join(import.meta.dirname, "../../../..");
const { definition, tasks } = synthesizedDefinition();
// biome-ignore lint/suspicious/noExplicitAny: states of different types are looked at as JSON.
const states = definition.States as Record<string, any>;
const map = states.ProcessBatches;
const child = map.ItemProcessor.States;

test("is what the template holds, but for the names of what tasks call", () => {
  const { stack, template } = synthesize();
  const inTemplate = JSON.stringify(
    only(template, "AWS::StepFunctions::StateMachine").Properties.DefinitionString,
  );
  for (const name of [...Object.keys(states), ...Object.keys(child)]) {
    expect(inTemplate).toContain(JSON.stringify(`"${name}":`).slice(1, -1));
  }
  expect(definitionOf(stack.nightshift)).toEqual({ definition, tasks });
});

test("every task calls a handler that is there, or puts an event", () => {
  for (const [state, called] of Object.entries(tasks)) {
    if (called === "events:putEvents") continue;
    expect(existsSync(join(ROOT, called, "handler.ts")), `${state} calls ${called}`).toBe(true);
  }
  expect(Object.keys(tasks)).toHaveLength(11);
});

test("is valid Amazon States Language", () => {
  expect(() => new StateMachine(definition, { validationOptions: { checkArn: false } })).not.toThrow();
});

test("has the states that people read in the console", () => {
  expect(Object.keys(states).sort()).toEqual(
    [
      ...[
        "PrepareJob",
        "JobPrepared?",
        "AlreadyStarted",
        "NotifyStarted",
        "ProcessBatches",
        "FinalizeJob",
        "JobWritten?",
      ],
      ...["RecordFailure", "NotifyFinished", "JobSucceeded?", "Done", "Failed"],
    ].sort(),
  );
  expect(Object.keys(child).sort()).toEqual(
    [
      ...["SubmitBatch", "Submitted?", "WaitForCapacity", "WaitForProvider", "PollStatus", "BatchEnded?"],
      ...["CollectResults", "ItemsLeft?", "RecordBatchFailure", "NotifyBatch", "BatchDone"],
      ...["AnswerNow", "AllAsked?"],
    ].sort(),
  );
});

test("runs each batch as a child execution with a history of its own, and none stops the others", () => {
  expect(map.ItemProcessor.ProcessorConfig).toEqual({ Mode: "DISTRIBUTED", ExecutionType: "STANDARD" });
  expect(map).toMatchObject({
    ItemsPath: "$.batches",
    MaxConcurrencyPath: "$.max_concurrent_batches",
    ToleratedFailurePercentage: 100,
    ResultPath: null,
  });
  // The outputs of all children count as the Map's output, which has 256 KiB.
  expect(child.BatchDone).toMatchObject({ Type: "Pass", Result: {}, End: true });
});

describe.each(
  Object.entries(tasks)
    .filter(([, called]) => called.startsWith("functions/"))
    .map(([name]) => [name, states[name] ?? child[name]]),
)("the task %s", (name, task) => {
  test("never retries what is permanent, and names it before any wildcard", () => {
    expect(task.Retry[0].MaxAttempts).toBe(0);
    expect(task.Retry[0].ErrorEquals).toEqual(
      expect.arrayContaining(["InvalidJobError", "ProviderRejectedError", "ProviderAuthError"]),
    );
    const wildcards = task.Retry.findIndex((r: { ErrorEquals: string[] }) =>
      r.ErrorEquals.includes("States.TaskFailed"),
    );
    expect(wildcards).toBe(task.Retry.length - 1);
  });

  test("retries what is transient, with backoff and jitter", () => {
    for (const retrier of task.Retry.slice(1)) {
      expect(retrier).toMatchObject({ BackoffRate: 2, JitterStrategy: "FULL" });
      expect(retrier.MaxAttempts).toBeGreaterThan(0);
      expect(retrier.MaxDelaySeconds).toBeGreaterThan(0);
    }
    const retried = task.Retry.slice(1).flatMap((r: { ErrorEquals: string[] }) => r.ErrorEquals);
    expect(retried).toEqual(
      expect.arrayContaining([
        "Lambda.TooManyRequestsException",
        "Lambda.ServiceException",
        "States.Timeout",
      ]),
    );
    const callsProvider = ["SubmitBatch", "PollStatus", "CollectResults", "AnswerNow"].includes(name);
    expect(retried.includes("ProviderUnavailableError")).toBe(callsProvider);
  });

  test("is given up only after its Lambda is dead", () => {
    const lambda = (tasks[name] ?? "").replace("functions/", "") as LambdaName;
    expect(task.TimeoutSeconds).toBeGreaterThan(LAMBDAS[lambda].timeoutMinutes * 60);
  });
});

test("an unreachable provider is given up on after two minutes before a submit, an hour or more after it", () => {
  expect(longestWait(child.SubmitBatch)).toBe(126);
  expect(longestWait(child.PollStatus)).toBe(6915);
  expect(longestWait(child.CollectResults)).toBe(6915);
});

function longestWait(task: { Retry: Record<string, number>[] }): number {
  // biome-ignore lint/suspicious/noExplicitAny: a retrier as JSON.
  const retrier = task.Retry.find((r: any) => r.ErrorEquals.includes("ProviderUnavailableError")) as any;
  const waits = Array.from({ length: retrier.MaxAttempts }, (_, i) => retrier.IntervalSeconds * 2 ** i);
  return waits.reduce((sum, wait) => sum + Math.min(wait, retrier.MaxDelaySeconds), 0);
}

test.each(["PrepareJob", "NotifyStarted", "ProcessBatches", "FinalizeJob"])(
  "%s: every failure is recorded",
  (name) => {
    expect(states[name].Catch.map((c: { ErrorEquals: string[] }) => c.ErrorEquals)).toEqual([
      ["States.DataLimitExceeded"],
      ["States.ALL"],
    ]);
    for (const catcher of states[name].Catch) {
      expect(catcher).toMatchObject({ Next: "RecordFailure", ResultPath: "$.error" });
    }
  },
);

test.each(["SubmitBatch", "PollStatus", "CollectResults", "AnswerNow"])(
  "%s: every failure is the batch's alone",
  (name) => {
    for (const catcher of child[name].Catch) {
      expect(catcher).toMatchObject({ Next: "RecordBatchFailure", ResultPath: "$.error" });
    }
    expect(child[name].Catch).toHaveLength(2);
  },
);
