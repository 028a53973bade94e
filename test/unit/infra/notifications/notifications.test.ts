import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ENV } from "../../../../shared/names.ts";
import { permissions } from "../permissions.ts";
import { lambda, only, resources, synthesize } from "../stack.ts";

const EMAIL = "night@example.com";
const URL = "https://example.com/hook";
const { template } = synthesize({ notifyEmail: `${EMAIL}, day@example.com`, notifyUrl: URL });
const runbook = readFileSync(join(import.meta.dirname, "../../../../docs/runbook.md"), "utf8");

const withTarget = (arn: RegExp) =>
  Object.values(resources(template, "AWS::Events::Rule"))
    .map((rule) => rule.Properties)
    .filter(({ Targets }) => arn.test(JSON.stringify(Targets[0].Arn)));

/** What EventBridge makes of a rule's text, without what only a deployment knows. */
function mail(rule: ReturnType<typeof withTarget>[number], event: { detail: object }): string {
  const { InputPathsMap, InputTemplate } = rule.Targets[0].InputTransformer;
  const text: string =
    typeof InputTemplate === "string"
      ? InputTemplate
      : InputTemplate["Fn::Join"][1].flat().map(part).join("");
  return text.replace(/<([^<>]*)>/g, (_, name: string) => {
    const path = (InputPathsMap[name] as string).split(".").slice(1);
    return String(
      path.reduce<unknown>((value, key) => (value as Record<string, unknown>)?.[key], event) ?? "",
    );
  });
}

const part = (value: unknown) => (typeof value === "string" ? value : (value as { Ref: string }).Ref);

test("no mail goes to an address that was not given", () => {
  const quiet = synthesize().template;
  for (const type of ["AWS::SNS::Topic", "AWS::Lambda::EventSourceMapping"])
    expect(Object.keys(resources(quiet, type))).toEqual([]);
  expect(Object.keys(quiet.findOutputs("NotificationTopicArn"))).toEqual([]);
});

test("each address gets the mails, and alarms may be sent the same way", () => {
  const endpoints = Object.values(resources(template, "AWS::SNS::Subscription")).map(
    (s) => s.Properties.Endpoint,
  );
  expect(endpoints).toEqual([EMAIL, "day@example.com"]);
  const { Statement } = only(template, "AWS::SNS::TopicPolicy").Properties.PolicyDocument;
  for (const Service of ["events.amazonaws.com", "cloudwatch.amazonaws.com"]) {
    expect(Statement).toContainEqual(
      expect.objectContaining({ Effect: "Allow", Action: "sns:Publish", Principal: { Service } }),
    );
  }
  expect(Object.keys(template.findOutputs("NotificationTopicArn"))).toHaveLength(1);
});

test("a mail reports a job's end in ids, states and numbers alone: nothing in it can hold a quotation mark", () => {
  const [ended, failed] = withTarget(/NotificationsTopic/);
  expect(ended.EventPattern.detail.status).toEqual(["completed", "expired", "cancelled"]);
  expect(failed.EventPattern.detail.status).toEqual(["failed"]);
  const counts = { succeeded: 3, failed: 1, invalid: 0, expired: 0, cancelled: 0 };
  const detail = {
    job_id: "j-1",
    status: "completed",
    request_count: 4,
    counts,
    receipt: { cost_usd: 0.25 },
  };
  const text = mail(ended, { detail: { ...detail, model: 'a "b"', error: 'c "d"' } });
  expect(text).toContain('"Job j-1: completed"');
  expect(text).toContain("4 items: 3 succeeded, 1 failed, 0 invalid, 0 expired, 0 cancelled");
  expect(text).toContain("price): 0.25");
  expect(text).toMatch(/s3:\/\/JobBucket\w+\/results\/j-1\//);
  expect(text).toContain("nightshift status j-1 --stack Nightshift");
  for (const line of text.split("\n")) expect(JSON.parse(line)).not.toContain('"');
  const sad = mail(failed, { detail: { job_id: "j-2", status: "failed", error: 'c "d"' } });
  for (const line of sad.split("\n")) expect(JSON.parse(line)).not.toContain('"');
  expect(sad).toContain("nightshift status j-2 --stack Nightshift");
});

describe("the webhook", () => {
  const named = (type: string, id: RegExp) =>
    Object.entries(resources(template, type)).filter(([logicalId]) => id.test(logicalId));
  const [[queueId, queue] = expect.fail()] = named("AWS::SQS::Queue", /^NotificationsWebhookQueue/);
  const [[deadId] = expect.fail()] = named("AWS::SQS::Queue", /^NotificationsWebhookDeadLetters/);
  const [[secretId, secret] = expect.fail()] = named("AWS::SecretsManager::Secret", /^NotificationsWebhook/);
  const arnOf = (id: string) => ({ "Fn::GetAtt": [id, "Arn"] });
  const sender = lambda(template, "send-webhook");

  test("gets every event as it is, one by one, by way of a queue that tries for a day", () => {
    const [changed] = withTarget(/NotificationsWebhookQueue/);
    expect(changed.EventPattern).toEqual({
      source: ["nightshift"],
      "detail-type": ["Batch Job State Change", "Batch Finished"],
    });
    expect(changed.Targets).toEqual([{ Id: expect.anything(), Arn: arnOf(queueId) }]);
    expect(only(template, "AWS::Lambda::EventSourceMapping").Properties).toMatchObject({
      BatchSize: 1,
      EventSourceArn: arnOf(queueId),
    });
    const { VisibilityTimeout, RedrivePolicy } = queue.Properties;
    expect(RedrivePolicy).toMatchObject({ deadLetterTargetArn: arnOf(deadId) });
    expect(VisibilityTimeout * RedrivePolicy.maxReceiveCount).toBe(24 * 3600);
    // SQS's own limit, and Lambda's advice.
    expect(RedrivePolicy.maxReceiveCount).toBeLessThanOrEqual(1000);
    expect(VisibilityTimeout).toBeGreaterThanOrEqual(6 * sender.Timeout);
  });

  test("is called by a Lambda that may read the one secret, take from the one queue, and nothing else", () => {
    expect(sender.Environment.Variables).toMatchObject({
      [ENV.notifyUrl]: URL,
      [ENV.notifySecret]: { Ref: secretId },
    });
    const { may, actions } = permissions(template, "send-webhook");
    expect(actions).toEqual([
      "logs:CreateLogStream",
      "logs:PutLogEvents",
      "secretsmanager:GetSecretValue",
      ...[
        "ChangeMessageVisibility",
        "DeleteMessage",
        "GetQueueAttributes",
        "GetQueueUrl",
        "ReceiveMessage",
      ].map((action) => `sqs:${action}`),
      "xray:PutTelemetryRecords",
      "xray:PutTraceSegments",
    ]);
    expect(may("sqs:ReceiveMessage", "NotificationsWebhookQueue")).toBe(true);
    expect(may("sqs:ReceiveMessage", "NotificationsWebhookDeadLetters")).toBe(false);
    expect(may("secretsmanager:GetSecretValue", "NotificationsWebhookSecret")).toBe(true);
    expect(may("secretsmanager:GetSecretValue", "ProviderSecretsOpenAi")).toBe(false);
  });

  test("has a key that the template does not hold, and whose address it names", () => {
    const { GenerateSecretString, SecretString } = secret.Properties;
    expect(SecretString).toBeUndefined();
    const all = Array.from({ length: 94 }, (_, at) => String.fromCharCode(33 + at)).join("");
    const left = [...all].filter((character) => !GenerateSecretString.ExcludeCharacters.includes(character));
    expect(left.join("")).toMatch(/^[A-Za-z0-9+/]{64}$/);
    expect(GenerateSecretString.PasswordLength % 4).toBe(0);
    expect(template.findOutputs("WebhookSecretArn")).toHaveProperty("WebhookSecretArn.Value", {
      Ref: secretId,
    });
  });

  test("raises an alarm for events that it did not accept", () => {
    const alarms = Object.values(resources(template, "AWS::CloudWatch::Alarm")).map(
      (alarm) => alarm.Properties,
    );
    const lost = alarms.find(({ AlarmName }) => AlarmName === "Nightshift-NotificationLost");
    expect(lost).toMatchObject({ Threshold: 1, EvaluationPeriods: 1, TreatMissingData: "ignore" });
    expect(lost.Dimensions).toEqual([{ Name: "QueueName", Value: { "Fn::GetAtt": [deadId, "QueueName"] } }]);
    expect(runbook).toContain("### Notifications lost\n");
    expect(lost.AlarmDescription).toContain("docs/runbook.md#notifications-lost");
  });

  test("is called over TLS, but for one on this machine", () => {
    expect(() => synthesize({ notifyUrl: "http://example.com/hook" })).toThrow(
      "notifyUrl: expected an https URL",
    );
    expect(() => synthesize({ notifyUrl: "http://127.0.0.1:8000/hook" })).not.toThrow();
  });
});
