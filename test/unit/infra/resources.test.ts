import { describe, expect, test } from "vitest";
import { LAMBDAS } from "../../../infra/lambdas/lambda-table.ts";
import { ENV, JOBS_INDEX } from "../../../shared/names.ts";
import { lambda, only, resources, synthesize } from "./stack.ts";

const { template } = synthesize();

/** The properties of the rule whose description matches. */
function rule(description: RegExp) {
  const rules = Object.values(resources(template, "AWS::Events::Rule"));
  return rules.find(({ Properties }) => description.test(Properties.Description))?.Properties;
}

test("the bucket is private, encrypted, versioned, sends events to EventBridge, and survives the stack", () => {
  const bucket = only(template, "AWS::S3::Bucket");
  expect(bucket.Properties.PublicAccessBlockConfiguration).toEqual({
    BlockPublicAcls: true,
    BlockPublicPolicy: true,
    IgnorePublicAcls: true,
    RestrictPublicBuckets: true,
  });
  expect(bucket.Properties.BucketEncryption.ServerSideEncryptionConfiguration).toEqual([
    { ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } },
  ]);
  expect(bucket.Properties.VersioningConfiguration.Status).toBe("Enabled");
  expect(bucket.Properties.NotificationConfiguration).toEqual({
    EventBridgeConfiguration: { EventBridgeEnabled: true },
  });
  expect(bucket.DeletionPolicy).toBe("Retain");
});

test("what is left behind in the bucket goes by itself; uploads and results stay", () => {
  const { Rules } = only(template, "AWS::S3::Bucket").Properties.LifecycleConfiguration;
  expect(Rules).toContainEqual(
    expect.objectContaining({ NoncurrentVersionExpiration: { NoncurrentDays: 30 }, Status: "Enabled" }),
  );
  expect(Rules).toContainEqual(
    expect.objectContaining({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } }),
  );
  const expiring = Rules.filter((rule: { ExpirationInDays?: number }) => rule.ExpirationInDays);
  expect(expiring).toEqual([
    expect.objectContaining({
      Prefix: "jobs/",
      ExpirationInDays: 30,
      NoncurrentVersionExpiration: { NoncurrentDays: 1 },
    }),
  ]);
});

test("the bucket and the dead-letter queue refuse requests without TLS", () => {
  for (const type of ["AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy"]) {
    expect(only(template, type).Properties.PolicyDocument.Statement).toContainEqual(
      expect.objectContaining({
        Effect: "Deny",
        Principal: { AWS: "*" },
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      }),
    );
  }
});

test("the table is on demand, recoverable, and lists jobs by time", () => {
  const table = only(template, "AWS::DynamoDB::Table");
  expect(table.DeletionPolicy).toBe("Retain");
  expect(table.Properties.BillingMode).toBe("PAY_PER_REQUEST");
  expect(table.Properties.PointInTimeRecoverySpecification).toEqual({ PointInTimeRecoveryEnabled: true });
  expect(table.Properties.TimeToLiveSpecification).toEqual({ AttributeName: "expires_at", Enabled: true });
  expect(table.Properties.KeySchema.map((key: { AttributeName: string }) => key.AttributeName)).toEqual([
    "pk",
    "sk",
  ]);
  expect(table.Properties.GlobalSecondaryIndexes[0]).toMatchObject({
    IndexName: JOBS_INDEX.name,
    KeySchema: [
      { AttributeName: JOBS_INDEX.partition, KeyType: "HASH" },
      { AttributeName: JOBS_INDEX.sort, KeyType: "RANGE" },
    ],
  });
});

describe.each(Object.keys(LAMBDAS))("the Lambda %s", (name) => {
  const properties = lambda(template, name);
  test("runs Node 24 on arm64, in 512 MB", () => {
    expect(properties).toMatchObject({ Runtime: "nodejs24.x", Architectures: ["arm64"], MemorySize: 512 });
  });
  test("has a role and a log group of its own, kept a month", () => {
    const others = Object.keys(LAMBDAS).filter((other) => other !== name);
    expect(others.map((other) => lambda(template, other).Role)).not.toContainEqual(properties.Role);
    const group = resources(template, "AWS::Logs::LogGroup")[properties.LoggingConfig.LogGroup.Ref];
    expect(group?.Properties.RetentionInDays).toBe(30);
  });
  test("knows the keys only if it calls a provider", () => {
    const { Variables } = properties.Environment;
    const calls = ["submit-batch", "poll-status", "collect-results", "answer-now"].includes(name);
    expect("OPENAI_SECRET_ID" in Variables).toBe(calls);
    expect("ANTHROPIC_SECRET_ID" in Variables).toBe(calls);
    expect(Variables).toHaveProperty(ENV.bucket);
    expect(Variables).toHaveProperty(ENV.table);
  });
});

test("a submit-batch that recorded its intent is dead before its lease ends", () => {
  const { Timeout, Environment } = lambda(template, "submit-batch");
  expect(Number(Environment.Variables[ENV.submitLease])).toBe(Timeout + 60);
});

test("uploads of JSONL start the state machine; what cannot be delivered is kept, encrypted", () => {
  const { EventPattern, Targets } = rule(/uploaded/);
  expect(EventPattern).toEqual({
    source: ["aws.s3"],
    "detail-type": ["Object Created"],
    detail: {
      bucket: { name: [{ Ref: expect.stringMatching(/^JobBucket/) }] },
      object: { key: [{ prefix: "inbox/" }] },
    },
  });
  expect(Targets).toEqual([
    expect.objectContaining({
      Arn: { Ref: expect.stringMatching(/^WorkflowStateMachine/) },
      InputPath: "$.detail",
      RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
      DeadLetterConfig: {
        Arn: { "Fn::GetAtt": [expect.stringMatching(/^UploadTriggerDeadLetters/), "Arn"] },
      },
    }),
  ]);
  expect(only(template, "AWS::SQS::Queue").Properties).toMatchObject({
    SqsManagedSseEnabled: true,
    MessageRetentionPeriod: 14 * 86_400,
  });
});

test("an execution that ends otherwise than well runs the sweep, and so does every hour", () => {
  const sweep = { Arn: { "Fn::GetAtt": [expect.stringMatching(/^Lambdassweepjobs/), "Arn"] } };
  const stopped = rule(/stopped/);
  expect(stopped.EventPattern).toEqual({
    source: ["aws.states"],
    "detail-type": ["Step Functions Execution Status Change"],
    detail: {
      status: ["ABORTED", "TIMED_OUT", "FAILED"],
      stateMachineArn: [{ Ref: expect.stringMatching(/^WorkflowStateMachine/) }],
    },
  });
  expect(stopped.Targets).toEqual([expect.objectContaining(sweep)]);
  expect(rule(/dead/)).toMatchObject({ ScheduleExpression: "rate(1 hour)", Targets: [sweep] });
});

test("the state machine has the name by which the sweep knows it", () => {
  const { StateMachineName } = only(template, "AWS::StepFunctions::StateMachine").Properties;
  const arn = JSON.stringify(lambda(template, "sweep-jobs").Environment.Variables[ENV.stateMachine]);
  expect(arn).toContain(`:stateMachine:${StateMachineName}"`);
  expect(lambda(template, "submit-batch").Environment.Variables).not.toHaveProperty(ENV.stateMachine);
});

test("the state machine is traced and logs failures without what the executions carry", () => {
  const { Properties } = only(template, "AWS::StepFunctions::StateMachine");
  expect(Properties.StateMachineType).toBe("STANDARD");
  expect(Properties.TracingConfiguration).toEqual({ Enabled: true });
  expect(Properties.LoggingConfiguration).toMatchObject({ Level: "ERROR", IncludeExecutionData: false });
});

test("there is no Lambda but ours: nothing with rights of its own comes along", () => {
  expect(Object.keys(resources(template, "AWS::Lambda::Function"))).toHaveLength(Object.keys(LAMBDAS).length);
});

test("a first deploy works without keys, and outputs where everything is", () => {
  for (const secret of Object.values(resources(template, "AWS::SecretsManager::Secret"))) {
    expect(secret.Properties.SecretString).toBe("unset");
  }
  expect(Object.keys(template.findOutputs("*")).sort()).toEqual([
    "AnthropicSecretName",
    "BucketName",
    "EventBusName",
    "OpenAiSecretName",
    "StateMachineArn",
    "TableName",
  ]);
});
