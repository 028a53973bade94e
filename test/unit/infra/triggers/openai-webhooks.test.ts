/** The stack with `openaiWebhooks`: what it has more than the one without, and nothing else. */
import type { Template } from "aws-cdk-lib/assertions";
import { StateMachine } from "aws-local-stepfunctions";
import { describe, expect, test } from "vitest";
import { synthesizedDefinition } from "../../../../infra/programs/definition.ts";
import { ENV } from "../../../../shared/names.ts";
import { permissions } from "../permissions.ts";
import { lambda, only, resources, synthesize } from "../stack.ts";

const { template } = synthesize({ openaiWebhooks: "true" });
const without = synthesize().template;
const WAKES = { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["wake#*"] } };

// biome-ignore lint/suspicious/noExplicitAny: states of different types are looked at as JSON.
type States = Record<string, any>;
const childOf = ({ definition }: ReturnType<typeof synthesizedDefinition>): States =>
  (definition.States as States).ProcessBatches.ItemProcessor.States;

/** The statements of all policies that allow an action. */
function statements(of: Template, action: string) {
  return Object.values(resources(of, "AWS::IAM::Policy"))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
    .filter((statement) => [statement.Action].flat().includes(action));
}

describe("the state machine", () => {
  const definition = synthesizedDefinition({ openaiWebhooks: true });
  const { WaitForProvider: wait, "Submitted?": submitted, ...others } = childOf(definition);

  test("has the same states, and only the wait and the way to it differ", () => {
    const { WaitForProvider, "Submitted?": _, ...plain } = childOf(synthesizedDefinition());
    expect(others).toEqual(plain);
    expect([WaitForProvider.Type, WaitForProvider.Next]).toEqual(["Wait", wait.Next]);
    expect(submitted.Choices[1].Next).toBe("WaitForProvider");
  });

  test("waits by a task that no Lambda runs for; the time that it has is the wait's", () => {
    expect(wait).toMatchObject({
      Type: "Task",
      Resource: "aws-sdk:dynamodb:updateItem.waitForTaskToken",
      TimeoutSecondsPath: "$.wait_seconds",
      ResultPath: null,
      Next: "PollStatus",
    });
    expect(definition.tasks.WaitForProvider).toBe(wait.Resource);
  });

  test("polls when no wake signal comes in that time, or one came before; any other failure is the batch's", () => {
    expect(wait.Catch).toEqual([
      {
        ErrorEquals: ["States.Timeout", "DynamoDb.ConditionalCheckFailedException"],
        Next: "PollStatus",
        ResultPath: null,
      },
      { ErrorEquals: ["States.DataLimitExceeded"], Next: "RecordBatchFailure", ResultPath: "$.error" },
      { ErrorEquals: ["States.ALL"], Next: "RecordBatchFailure", ResultPath: "$.error" },
    ]);
    expect(wait.Retry[0]).toEqual({ ErrorEquals: wait.Catch[0].ErrorEquals, MaxAttempts: 0 });
    expect(wait.Retry[1]).toMatchObject({ ErrorEquals: ["States.TaskFailed"], MaxAttempts: 12 });
  });

  test("does not wait for what has ended: a time-out of 0 s would end the execution", () => {
    const positive = { Variable: "$.wait_seconds", NumericGreaterThan: 0 };
    expect(submitted.Choices[1].And).toContainEqual(positive);
    expect(submitted.Choices[2]).toMatchObject({ Variable: "$.submitted", Next: "PollStatus" });
  });

  test("is valid Amazon States Language", () => {
    const options = { validationOptions: { checkArn: false } };
    expect(() => new StateMachine(definition.definition, options)).not.toThrow();
  });
});

test("state machine and receiver write wake records, and no others", () => {
  const updates = statements(template, "dynamodb:UpdateItem").filter((statement) => statement.Condition);
  expect(updates).toHaveLength(2);
  for (const { Action, Condition } of updates)
    expect([Action, Condition]).toEqual(["dynamodb:UpdateItem", WAKES]);
  const before = statements(without, "dynamodb:UpdateItem");
  expect(statements(template, "dynamodb:UpdateItem")).toHaveLength(before.length + 2);
});

test("the receiver may do that, read its own secret, and end waits: nothing else", () => {
  const { may, actions } = permissions(template, "receive-webhook");
  expect(actions).toEqual(
    [
      ...["logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTelemetryRecords", "xray:PutTraceSegments"],
      ...["dynamodb:UpdateItem", "secretsmanager:GetSecretValue", "states:SendTaskSuccess"],
    ].sort(),
  );
  expect(may("secretsmanager:GetSecretValue", "OpenAiWebhooksSigningSecret")).toBe(true);
  expect(may("secretsmanager:GetSecretValue", "ProviderSecretsOpenAi")).toBe(false);
});

test("anybody may call the address, but only so many at once, and the Lambda knows no key", () => {
  expect(only(template, "AWS::Lambda::Url").Properties).toMatchObject({ AuthType: "NONE" });
  const { ReservedConcurrentExecutions, Timeout, Environment } = lambda(template, "receive-webhook");
  expect(ReservedConcurrentExecutions).toBeGreaterThan(0);
  expect(Timeout).toBe(60);
  expect(Environment.Variables).toHaveProperty(ENV.openaiWebhookSecret);
  for (const name of ["OPENAI_SECRET_ID", "ANTHROPIC_SECRET_ID"])
    expect(Environment.Variables).not.toHaveProperty(name);
  const invokes = Object.values(resources(template, "AWS::Lambda::Permission")).filter(
    ({ Properties }) => Properties.Principal === "*",
  );
  for (const { Properties } of invokes)
    expect(Properties.FunctionUrlAuthType ?? Properties.InvokedViaFunctionUrl).toBeTruthy();
  expect(invokes.length).toBeGreaterThan(0);
});

test("outputs the address and the secret's name; an alarm watches the Lambda", () => {
  expect(template.findOutputs("*")).toMatchObject({
    OpenAiWebhookUrl: { Value: { "Fn::GetAtt": [expect.any(String), "FunctionUrl"] } },
    OpenAiWebhookSecretName: { Value: expect.anything() },
  });
  const names = Object.values(resources(template, "AWS::CloudWatch::Alarm")).map(
    ({ Properties }) => Properties.AlarmName,
  );
  expect(names).toContain("Nightshift-Errors-receive-webhook");
});

test("without it there is no public address", () => {
  expect(resources(without, "AWS::Lambda::Url")).toEqual({});
  expect(without.findOutputs("OpenAiWebhook*")).toEqual({});
  expect(() => synthesize({ openaiWebhooks: "yes" })).toThrow(
    /context openaiWebhooks: expected true or false/,
  );
});
