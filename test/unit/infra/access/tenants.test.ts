/** Tenants: what each may see of a stack, and what the Lambdas know of them. */
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { describe, expect, test } from "vitest";
import { LAMBDAS } from "../../../../infra/lambdas/lambda-table.ts";
import { Nightshift } from "../../../../infra/nightshift.ts";
import { ENV } from "../../../../shared/names.ts";
import { allows, type Statement } from "../../../harness/iam.ts";
import { permissions } from "../permissions.ts";
import { lambda, resources, synthesize, synthesizeIn } from "../stack.ts";

const tenants = {
  acme: { ownKeys: ["openai"], jobDefaults: { model: "gpt-4.1-mini" }, limits: { max_cost_usd: 20 } },
  acme2: {},
};
const { template } = synthesize({ tenants });

/** The policy that the stack makes for a tenant. */
function policyOf(tenant: string): Statement[] {
  const policy = Object.values(resources(template, "AWS::IAM::ManagedPolicy")).find(({ Properties }) =>
    Properties.Description.endsWith(` ${tenant} may do`),
  );
  return policy?.Properties.PolicyDocument.Statement;
}
const may = (tenant: string, action: string, resource: string, context: Record<string, string[]> = {}) =>
  allows(policyOf(tenant), { action, resource, context });

describe.each([
  ["acme", "acme2"],
  ["acme2", "acme"],
])("%s, beside %s", (own, other) => {
  const foreign = [
    `results/${other}_data-0123/results.jsonl`,
    // A job of nobody's whose file has the tenant's name.
    `results/${own}-0123/results.jsonl`,
    `results/${own}/results.jsonl`,
    "results/data-0123/results.jsonl",
    `inbox/${other}/data.jsonl`,
    "inbox/data.jsonl",
    `inbox/_/0123456789ab/${own}`,
    `jobs/${own}_data-0123/job.json`,
    `jobs/${own}_data-0123/results/1-r1.jsonl`,
  ];

  test("reads its results and its uploads, and no other object", () => {
    expect(may(own, "s3:GetObject", `JobBucket/results/${own}_data-0123/results.jsonl`)).toBe(true);
    expect(may(own, "s3:GetObject", `JobBucket/inbox/${own}/deep/data.jsonl`)).toBe(true);
    expect(foreign.filter((key) => may(own, "s3:GetObject", `JobBucket/${key}`))).toEqual([]);
    expect(may(own, "s3:GetObjectVersion", `JobBucket/results/${own}_data-0123/results.jsonl`)).toBe(false);
  });

  test("uploads to its folder alone, and deletes nothing", () => {
    expect(may(own, "s3:PutObject", `JobBucket/inbox/${own}/data.jsonl`)).toBe(true);
    for (const key of [...foreign, `results/${own}_data-0123/results.jsonl`])
      expect(may(own, "s3:PutObject", `JobBucket/${key}`)).toBe(false);
    expect(may(own, "s3:DeleteObject", `JobBucket/inbox/${own}/data.jsonl`)).toBe(false);
  });

  test("lists what is its own, by prefix", () => {
    const list = (prefix?: string) =>
      may(own, "s3:ListBucket", "JobBucket", prefix === undefined ? {} : { "s3:prefix": [prefix] });
    for (const prefix of [`inbox/${own}/`, `results/${own}_`, `results/${own}_data-0123/`])
      expect(list(prefix)).toBe(true);
    for (const prefix of [
      undefined,
      "",
      "results/",
      `results/${own}`,
      `results/${other}_`,
      "jobs/",
      "inbox/",
    ])
      expect(list(prefix)).toBe(false);
    expect(may(own, "s3:ListBucketVersions", "JobBucket", { "s3:prefix": [`inbox/${own}/`] })).toBe(false);
  });

  const keys = (...partitions: string[]) => ({ "dynamodb:LeadingKeys": partitions });

  test("reads the records of its jobs", () => {
    for (const action of ["dynamodb:GetItem", "dynamodb:Query"]) {
      expect(may(own, action, "JobTable", keys(`job#${own}_data-0123`))).toBe(true);
      for (const partition of [
        `job#${other}_data-0123`,
        "job#data-0123",
        `job#${own}-0123`,
        `queue#openai@${own}#m`,
      ])
        expect(may(own, action, "JobTable", keys(partition))).toBe(false);
      expect(may(own, action, "JobTable", keys(`job#${own}_data-0123`, `job#${other}_data-0123`))).toBe(
        false,
      );
      // A request without a key is about all of them.
      expect(may(own, action, "JobTable")).toBe(false);
      expect(may(own, action, "JobTable/index/jobs-by-time", keys("jobs"))).toBe(false);
    }
    for (const action of ["Scan", "PutItem", "DeleteItem", "BatchGetItem"])
      expect(may(own, `dynamodb:${action}`, "JobTable", keys(`job#${own}_data-0123`))).toBe(false);
  });

  test("asks for the end of its jobs, and changes nothing else of them", () => {
    const update = (partition: string, attributes: string[], returned?: string) =>
      may(own, "dynamodb:UpdateItem", "JobTable", {
        ...keys(partition),
        "dynamodb:Attributes": attributes,
        ...(returned && { "dynamodb:ReturnValues": [returned] }),
      });
    const cancel = ["pk", "sk", "cancel_requested"];
    expect(update(`job#${own}_data-0123`, cancel)).toBe(true);
    expect(update(`job#${own}_data-0123`, cancel, "UPDATED_NEW")).toBe(true);
    expect(update(`job#${own}_data-0123`, cancel, "ALL_OLD")).toBe(false);
    expect(update(`job#${own}_data-0123`, [...cancel, "max_cost_usd"])).toBe(false);
    expect(update(`job#${other}_data-0123`, cancel)).toBe(false);
  });

  test("starts nothing by hand, and reads no key", () => {
    const actions = policyOf(own).flatMap(({ Action }) => Action);
    expect(actions.filter((action) => !/^(s3|dynamodb):/.test(action))).toEqual([]);
  });
});

test("the Lambdas that resolve settings or call a provider read the tenants' parameters; the latter their keys", () => {
  const parameter = "arn:AWS::Partition:ssm:AWS::Region:AWS::AccountId:parameter/nightshift/Nightshift/acme";
  const whoMay = (action: string, resource: string) =>
    Object.keys(LAMBDAS).filter((name) => permissions(template, name).may(action, resource));
  const readers = ["prepare-job", "submit-batch", "poll-status", "collect-results", "answer-now"];
  expect(whoMay("ssm:GetParameter", parameter)).toEqual(readers);
  expect(
    whoMay("ssm:GetParameter", parameter.replace("/nightshift/Nightshift/", "/nightshift/Other/")),
  ).toEqual([]);
  expect(whoMay("ssm:PutParameter", parameter)).toEqual([]);
  expect(whoMay("secretsmanager:GetSecretValue", "Tenantsacmeopenai")).toEqual(readers.slice(1));
  for (const name of Object.keys(LAMBDAS)) {
    const { Variables } = lambda(template, name).Environment;
    expect(Variables[ENV.tenants]).toBe(readers.includes(name) ? "/nightshift/Nightshift" : undefined);
  }
});

test("a tenant's parameter has its defaults, its caps and where its keys are", () => {
  const parameters = Object.values(resources(template, "AWS::SSM::Parameter")).map(
    ({ Properties }) => Properties,
  );
  expect(parameters.map(({ Name }) => Name)).toEqual([
    "/nightshift/Nightshift/acme",
    "/nightshift/Nightshift/acme2",
  ]);
  const [start, secret, end] = parameters[0].Value["Fn::Join"][1];
  expect(secret).toEqual({ Ref: expect.stringMatching(/^Tenantsacmeopenai/) });
  expect(JSON.parse(`${start}the-secret${end}`)).toEqual({
    defaults: { model: "gpt-4.1-mini" },
    limits: { max_cost_usd: 20 },
    secrets: { openai: "the-secret" },
  });
  // It is written when the Lambdas that call a provider may read that key.
  const { DependsOn } = Object.values(resources(template, "AWS::SSM::Parameter"))[0] as {
    DependsOn?: string[];
  };
  for (const name of ["submitbatch", "pollstatus", "collectresults"])
    expect(DependsOn).toContainEqual(expect.stringMatching(new RegExp(`^Lambdas${name}roleDefaultPolicy`)));
});

test("without tenants nothing is made for them", () => {
  const { template } = synthesize();
  for (const type of ["AWS::SSM::Parameter", "AWS::IAM::ManagedPolicy"])
    expect(resources(template, type)).toEqual({});
  expect(permissions(template, "prepare-job").actions).not.toContain("ssm:GetParameter");
});

test("a construct's tenant may have a secret that is there, and any folder may be granted to a role", () => {
  const template = synthesizeIn((stack) => {
    const night = new Nightshift(stack, "Night", {
      encryptionKey: new Key(stack, "Key"),
      tenants: { acme: { secrets: { openai: Secret.fromSecretNameV2(stack, "Theirs", "acme-key") } } },
    });
    const role = new Role(stack, "Reader", { assumedBy: new ServicePrincipal("ec2.amazonaws.com") });
    night.grantTenant(role, "folder");
    expect(() => night.grantTenant(role, "a*")).toThrow(/^tenant "a\*": a tenant's name has/);
  });
  const policies = Object.values(resources(template, "AWS::IAM::Policy")).map(({ Properties }) => Properties);
  const statements: Statement[] = policies.find(({ Roles }) => /^Reader/.test(Roles[0].Ref)).PolicyDocument
    .Statement;
  const may = (action: string, resource: string) => allows(statements, { action, resource });
  expect(may("s3:GetObject", "NightJobBucket/results/folder_data-0123/results.jsonl")).toBe(true);
  expect(may("s3:GetObject", "NightJobBucket/results/acme_data-0123/results.jsonl")).toBe(false);
  expect(may("kms:Decrypt", "Key")).toBe(true);
  const key = "arn:AWS::Partition:secretsmanager:AWS::Region:AWS::AccountId:secret:acme-key";
  // As Secrets Manager names it.
  expect(permissions(template, "submit-batch").may("secretsmanager:GetSecretValue", `${key}-AbCdEf`)).toBe(
    true,
  );
  expect(permissions(template, "submit-batch").may("secretsmanager:GetSecretValue", `${key}2-AbCdEf`)).toBe(
    false,
  );
});

test.each([
  [{ Acme: {} }, /^context tenants: expected .* Acme/],
  [{ acme: { limit: {} } }, /^context tenants: expected .*acme: unknown field "limit"/],
  [{ acme: { ownKeys: ["cohere"] } }, /^context tenants: expected .*acme.ownKeys.0/],
  [{ acme: { jobDefaults: { max_rounds: 99 } } }, /^tenants.acme.jobDefaults: max_rounds/],
  [{ acme: { limits: { max_cost: 1 } } }, /^tenants.acme.limits: unknown field "max_cost"/],
  [
    { acme: { jobDefaults: { max_cost_usd: 9 }, limits: { max_cost_usd: 5 } } },
    "tenants.acme.jobDefaults: max_cost_usd: more than the 5 of its limits",
  ],
])("%j is refused by name", (given, message) => {
  expect(() => synthesize({ tenants: given })).toThrow(message);
});
