import { describe, expect, test } from "vitest";
import { LAMBDAS, type LambdaName } from "../../../infra/lambdas/lambda-table.ts";
import { permissions } from "./permissions.ts";
import { resources, synthesize } from "./stack.ts";

const { template } = synthesize();
const names = Object.keys(LAMBDAS);
const of = (name: string) => permissions(template, name);
const whoMay = (action: string, resource: string) => names.filter((name) => of(name).may(action, resource));

const arn = (kind: string, name: string) =>
  `arn:AWS::Partition:states:AWS::Region:AWS::AccountId:${kind}:${name}`;
const execution = (stateMachine: string) => `${arn("execution", stateMachine)}:some-execution`;
const machine = (name: string) => arn("stateMachine", name);

describe("what the Lambdas may do", () => {
  test("only those that call a provider read a key", () => {
    for (const secret of ["ProviderSecretsOpenAi", "ProviderSecretsAnthropic"]) {
      expect(whoMay("secretsmanager:GetSecretValue", secret)).toEqual([
        "submit-batch",
        "poll-status",
        "collect-results",
        "answer-now",
      ]);
      expect(whoMay("secretsmanager:PutSecretValue", secret)).toEqual([]);
    }
  });

  test("submit-batch reads the requests it sends, and no results", () => {
    const { may } = of("submit-batch");
    expect(may("s3:GetObject", "JobBucket/jobs/j/batches/1-r1.request.jsonl")).toBe(true);
    expect(may("s3:GetObject", "JobBucket/jobs/j/job.json")).toBe(true);
    expect(may("s3:GetObject", "JobBucket/jobs/j/results/1-r1.jsonl")).toBe(false);
    expect(may("s3:GetObject", "JobBucket/results/j/results.jsonl")).toBe(false);
    expect(may("s3:GetObject", "JobBucket/inbox/data.jsonl")).toBe(false);
    expect(may("s3:PutObject", "JobBucket/jobs/j/batches/1-r1.request.jsonl")).toBe(false);
  });

  test("who reads uploads, and who writes what", () => {
    expect(whoMay("s3:GetObject", "JobBucket/inbox/a/data.jsonl.gz")).toEqual([
      "prepare-job",
      "finalize-job",
      "record-failure",
      "sweep-jobs",
    ]);
    expect(whoMay("s3:PutObject", "JobBucket/inbox/data.jsonl")).toEqual([]);
    expect(whoMay("s3:PutObject", "JobBucket/inbox/acme/data.xlsx.not-a-job.txt")).toEqual([
      "record-failure",
    ]);
    expect(whoMay("s3:PutObject", "JobBucket/jobs/j/job.json")).toEqual(["prepare-job"]);
    expect(whoMay("s3:PutObject", "JobBucket/jobs/j/batches/1-r2.request.jsonl")).toEqual([
      "prepare-job",
      "collect-results",
      // The job's last round.
      "finalize-job",
    ]);
    expect(whoMay("s3:PutObject", "JobBucket/jobs/j/results/1-r1.jsonl")).toEqual([
      "collect-results",
      "answer-now",
    ]);
    expect(whoMay("s3:PutObject", "JobBucket/jobs/j/finalize/0a-1.jsonl")).toEqual(["finalize-job"]);
    expect(whoMay("s3:PutObject", "JobBucket/results/j/results.jsonl")).toEqual(["finalize-job"]);
    expect(whoMay("s3:DeleteObject", "JobBucket/jobs/j/job.json")).toEqual([]);
  });

  test("those that must recognize a missing object may list", () => {
    expect(whoMay("s3:ListBucket", "JobBucket")).toEqual([
      "prepare-job",
      "finalize-job",
      "record-failure",
      "sweep-jobs",
    ]);
  });

  test("only the sweep lists jobs and touches executions, those of this state machine", () => {
    expect(whoMay("dynamodb:Query", "JobTable/index/jobs-by-time")).toEqual(["sweep-jobs"]);
    expect(whoMay("states:DescribeExecution", execution("Nightshift"))).toEqual(["sweep-jobs"]);
    expect(whoMay("states:DescribeExecution", execution("Other"))).toEqual([]);
    expect(whoMay("states:StartExecution", machine("Nightshift"))).toEqual(["sweep-jobs"]);
    expect(whoMay("states:StartExecution", machine("Other"))).toEqual([]);
    expect(whoMay("states:StopExecution", execution("Nightshift"))).toEqual([]);
  });

  test("the table: nobody scans; a cap on the cost, a deadline and the end of a job query all batches", () => {
    expect(whoMay("dynamodb:GetItem", "JobTable")).toEqual(names);
    expect(whoMay("dynamodb:Query", "JobTable")).toEqual([
      ...["submit-batch", "poll-status", "answer-now", "finalize-job", "record-failure"],
    ]);
    expect(whoMay("dynamodb:PutItem", "JobTable")).toEqual([
      "prepare-job",
      "submit-batch",
      "poll-status",
      "collect-results",
      "record-failure",
    ]);
    expect(whoMay("dynamodb:Scan", "JobTable")).toEqual([]);
    // Claims on provider batches are given back.
    expect(whoMay("dynamodb:DeleteItem", "JobTable")).toEqual(["submit-batch", "collect-results"]);
  });

  const LOGS = ["logs:CreateLogStream", "logs:PutLogEvents"];
  const TRACES = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"];
  const READ_UPLOADS = ["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"];
  const WRITE = ["s3:AbortMultipartUpload", "s3:PutObject"];
  const ITEMS = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"];
  const KEYS = ["secretsmanager:GetSecretValue"];
  const ALLOWED: Record<LambdaName, string[]> = {
    "prepare-job": [...ITEMS, ...READ_UPLOADS, ...WRITE],
    "submit-batch": [...ITEMS, "dynamodb:DeleteItem", "dynamodb:Query", "s3:GetObject", ...KEYS],
    "poll-status": [...ITEMS, "dynamodb:Query", ...KEYS],
    "collect-results": [...ITEMS, "dynamodb:DeleteItem", "s3:GetObject", ...WRITE, ...KEYS],
    "answer-now": [
      ...["dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:Query"],
      ...["s3:GetObject", ...WRITE, ...KEYS],
    ],
    "finalize-job": ["dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:Query", ...READ_UPLOADS, ...WRITE],
    "record-failure": [...ITEMS, "dynamodb:Query", ...READ_UPLOADS, ...WRITE],
    "sweep-jobs": [
      ...["dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:Query"],
      ...["states:DescribeExecution", "states:StartExecution"],
      ...READ_UPLOADS,
    ],
  };
  test.each(Object.entries(ALLOWED))("%s has these actions, and no other", (name, actions) => {
    expect(of(name).actions).toEqual([...LOGS, ...TRACES, ...actions].sort());
  });

  test("a Lambda writes to its own log group", () => {
    for (const name of names)
      expect(whoMay("logs:PutLogEvents", `Lambdas${name.replaceAll("-", "")}logs`)).toEqual([name]);
  });

  test("no role has policies but those that are read here", () => {
    const roles = Object.values(resources(template, "AWS::IAM::Role")).map((role) => role.Properties);
    expect(roles.filter((role) => role.ManagedPolicyArns || role.Policies)).toEqual([]);
    expect(Object.keys(resources(template, "AWS::IAM::ManagedPolicy"))).toEqual([]);
  });
});

test("no policy has a wildcard action; a resource with one has its reason, which cdk-nag requires (nag.test.ts)", () => {
  const policies = Object.values(resources(template, "AWS::IAM::Policy"));
  const actions = policies.flatMap(({ Properties }) =>
    Properties.PolicyDocument.Statement.flatMap((statement: { Action: unknown }) => statement.Action),
  );
  expect(actions).toContain("states:StartExecution");
  expect(actions.filter((action) => action.includes("*"))).toEqual([]);
});

test("the state machine puts events on its own bus only", () => {
  const statements = Object.values(resources(template, "AWS::IAM::Policy")).flatMap(
    (policy) => policy.Properties.PolicyDocument.Statement as { Action: unknown; Resource: unknown }[],
  );
  const puts = statements.filter((statement) => [statement.Action].flat().includes("events:PutEvents"));
  expect(puts).toHaveLength(1);
  expect(puts[0]?.Resource).toEqual({ "Fn::GetAtt": [expect.stringMatching(/^Events/), "Arn"] });
});
