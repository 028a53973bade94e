import { expect, test } from "vitest";
import { only, resources, synthesize } from "./stack.ts";

const EMAIL = "night@example.com";
const URL = "https://example.com/hook";
const { template } = synthesize({ notifyEmail: `${EMAIL}, day@example.com`, notifyUrl: URL });

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

test("nobody is told who did not ask for it", () => {
  const quiet = synthesize().template;
  for (const type of ["AWS::SNS::Topic", "AWS::Events::Connection", "AWS::Events::ApiDestination"])
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

test("a mail tells a job's end in ids, states and numbers alone: nothing in it can hold a quotation mark", () => {
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

test("the webhook gets every event as it is, by HTTPS, with a secret that the template does not hold", () => {
  const [changed] = withTarget(/NotificationsWebhook/);
  expect(changed.EventPattern).toEqual({ source: ["nightshift"], "detail-type": ["Batch Job State Change"] });
  expect(changed.Targets[0]).not.toHaveProperty("InputTransformer");
  expect(only(template, "AWS::Events::ApiDestination").Properties).toMatchObject({
    HttpMethod: "POST",
    InvocationEndpoint: URL,
  });
  const { ApiKeyName, ApiKeyValue } = only(template, "AWS::Events::Connection").Properties.AuthParameters
    .ApiKeyAuthParameters;
  expect(ApiKeyName).toBe("X-Nightshift-Secret");
  expect(JSON.stringify(ApiKeyValue)).toContain("{{resolve:secretsmanager:");
});
