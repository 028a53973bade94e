/** A stack with Bedrock: its service role, who may pass it, and the rule that ends waits. */
import { expect, test } from "vitest";
import { synthesizedDefinition } from "../../../infra/programs/definition.ts";
import { allows, list, type Statement } from "../../harness/iam.ts";
import { permissions } from "./permissions.ts";
import { lambda, only, resources, synthesize } from "./stack.ts";

const { template } = synthesize({ providers: "bedrock" });
const HANDLERS = ["submit-batch", "poll-status", "collect-results"];
const CALLERS = [...HANDLERS, "answer-now"];
const whoMay = (action: string, resource: string) => CALLERS.filter((name) => may(name, action, resource));
const JOBS = "arn:AWS::Partition:bedrock:AWS::Region:AWS::AccountId:model-invocation-job/abc";

function statementsOf(roleId: RegExp): Statement[] {
  return Object.values(resources(template, "AWS::IAM::Policy"))
    .filter(({ Properties }) => Properties.Roles.some((role: { Ref: string }) => roleId.test(role.Ref)))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
}

function may(name: string, action: string, resource: string, more: Record<string, string[]> = {}): boolean {
  const role = lambda(template, name).Role["Fn::GetAtt"][0] as string;
  const context = { "iam:PassedToService": ["bedrock.amazonaws.com"], ...more };
  return allows(statementsOf(new RegExp(`^${role}$`)), { action, resource, context });
}

test("Bedrock reads requests and writes results with the service role, and nothing else", () => {
  const statements = statementsOf(/^BedrockRole/);
  const can = (action: string, key: string) => allows(statements, { action, resource: `JobBucket/${key}` });
  expect(can("s3:GetObject", "jobs/j/batches/1-r1.request.jsonl")).toBe(true);
  expect(can("s3:GetObject", "jobs/j/job.json")).toBe(false);
  expect(can("s3:GetObject", "jobs/j/results/1-r1.jsonl")).toBe(false);
  expect(can("s3:GetObject", "results/j/results.jsonl")).toBe(false);
  expect(can("s3:GetObject", "inbox/data.jsonl")).toBe(false);
  expect(can("s3:PutObject", "jobs/j/bedrock/1-r1/abc/1-r1.request.jsonl.out")).toBe(true);
  expect(can("s3:PutObject", "jobs/j/batches/1-r1.request.jsonl")).toBe(false);
  expect(statements.flatMap(({ Action }) => list(Action)).sort()).toEqual([
    "bedrock:InvokeModel",
    "s3:GetObject",
    "s3:ListBucket",
    "s3:PutObject",
  ]);
});

test("only Bedrock can take the role, for jobs of this account", () => {
  const [id, role] = Object.entries(resources(template, "AWS::IAM::Role")).find(([name]) =>
    name.startsWith("BedrockRole"),
  ) ?? ["", undefined];
  const [statement, ...others] = role?.Properties.AssumeRolePolicyDocument.Statement ?? [];
  expect(others).toEqual([]);
  expect(statement.Principal).toEqual({ Service: "bedrock.amazonaws.com" });
  expect(statement.Condition.StringEquals).toEqual({ "aws:SourceAccount": { Ref: "AWS::AccountId" } });
  expect(JSON.stringify(statement.Condition.ArnLike)).toContain(":model-invocation-job/*");
  const { Variables } = lambda(template, "submit-batch").Environment;
  expect(Variables.NIGHTSHIFT_BEDROCK_ROLE_ARN).toEqual({ "Fn::GetAtt": [id, "Arn"] });
  expect(JSON.stringify(Variables.NIGHTSHIFT_BEDROCK_BUCKET)).toContain("/jobs");
});

test("only the Lambda that submits creates jobs and passes the role; only the one that collects reads results", () => {
  expect(whoMay("iam:PassRole", "BedrockRole")).toEqual(["submit-batch"]);
  expect(whoMay("iam:PassRole", "Lambdassubmitbatchrole")).toEqual([]);
  expect(whoMay("bedrock:CreateModelInvocationJob", JOBS)).toEqual(["submit-batch"]);
  expect(whoMay("bedrock:GetModelInvocationJob", JOBS)).toEqual(HANDLERS);
  expect(whoMay("bedrock:StopModelInvocationJob", JOBS)).toEqual(HANDLERS);
  expect(whoMay("s3:GetObject", "JobBucket/jobs/j/bedrock/1-r1/abc/x.jsonl.out")).toEqual([
    "collect-results",
  ]);
  const passing = statementsOf(/^Lambdassubmitbatchrole/).find(({ Action }) => Action === "iam:PassRole");
  expect(passing?.Condition).toEqual({
    StringEquals: { "iam:PassedToService": "bedrock.amazonaws.com" },
  });
});

test("only the Lambda that asks in real time calls models: those of the region, and others through a profile alone", () => {
  const model = (region: string) =>
    `arn:AWS::Partition:bedrock:${region}::foundation-model/amazon.nova-lite-v1:0`;
  const ours = "arn:AWS::Partition:bedrock:AWS::Region:AWS::AccountId";
  const calls = (resource: string, profile?: string) =>
    may("answer-now", "bedrock:InvokeModel", resource, {
      ...(profile && { "bedrock:InferenceProfileArn": [profile] }),
    });
  expect(whoMay("bedrock:InvokeModel", model("AWS::Region"))).toEqual(["answer-now"]);
  expect(calls(model("eu-west-3"))).toBe(false);
  for (const kind of ["inference-profile", "application-inference-profile"]) {
    expect(calls(`${ours}:${kind}/eu.nova`)).toBe(true);
    expect(calls(model("eu-west-3"), `${ours}:${kind}/eu.nova`)).toBe(true);
    expect(calls(model("eu-west-3"), `arn:AWS::Partition:bedrock:us-east-1:999999999999:${kind}/x`)).toBe(
      false,
    );
  }
  expect(calls(`${ours}:provisioned-model/m`)).toBe(false);
  const actions = statementsOf(/^Lambdasanswernowrole/).flatMap(({ Action }) => list(Action));
  const bedrock = actions.filter((action) => /^(bedrock|iam):/.test(action));
  expect([...new Set(bedrock)]).toEqual(["bedrock:InvokeModel"]);
});

test("there is no secret, and no OpenAI: the stack has no second vendor", () => {
  expect(template.findOutputs("*SecretName")).toEqual({});
  expect(resources(template, "AWS::SecretsManager::Secret")).toEqual({});
  expect(lambda(template, "submit-batch").Environment.Variables).not.toHaveProperty("OPENAI_SECRET_ID");
});

test("an event of a job's end, by our name, reaches the Lambda that wakes", () => {
  const rules = Object.values(resources(template, "AWS::Events::Rule")).map(({ Properties }) => Properties);
  const [rule, ...others] = rules.filter(({ EventPattern }) => EventPattern?.source?.[0] === "aws.bedrock");
  expect(others).toEqual([]);
  expect(rule.EventBusName).toBeUndefined();
  expect(rule.EventPattern["detail-type"]).toEqual(["Batch Inference Job State Change"]);
  expect(rule.EventPattern.detail.batchJobName).toEqual([{ prefix: "nightshift-" }]);
  expect(rule.EventPattern.detail.status).not.toContain("InProgress");
  expect(JSON.stringify(rule.Targets)).toContain("BedrockEventsreceivebedrockevent");
});

test("that Lambda writes who waits, and ends waits: nothing else, and nobody calls it from outside", () => {
  const { actions } = permissions(template, "receive-bedrock-event");
  expect(actions.filter((action) => !/^(logs|xray):/.test(action))).toEqual([
    "dynamodb:UpdateItem",
    "states:SendTaskSuccess",
  ]);
  expect(resources(template, "AWS::Lambda::Url")).toEqual({});
});

test("the state machine parks its token; a stack without Bedrock has neither", () => {
  const wait = (providers: readonly ("bedrock" | "openai")[]) =>
    // biome-ignore lint/suspicious/noExplicitAny: the definition is looked at as JSON.
    (synthesizedDefinition({ providers }).definition.States as any).ProcessBatches.ItemProcessor.States
      .WaitForProvider;
  expect(wait(["bedrock"]).Resource).toBe("aws-sdk:dynamodb:updateItem.waitForTaskToken");
  expect(wait(["openai"]).Type).toBe("Wait");
  const other = synthesize({ providers: "openai" }).template;
  expect(Object.keys(resources(other, "AWS::IAM::Role")).filter((id) => id.startsWith("Bedrock"))).toEqual(
    [],
  );
  expect(JSON.stringify(resources(other, "AWS::Events::Rule"))).not.toContain("aws.bedrock");
});

test("the results' folder is in the job's own prefix, whose lifecycle takes it", () => {
  const { LifecycleConfiguration } = only(template, "AWS::S3::Bucket").Properties;
  const prefixes = LifecycleConfiguration.Rules.map(({ Prefix }: { Prefix?: string }) => Prefix);
  expect(prefixes).toContain("jobs/");
});
