/** The construct in stacks of others: what they give is used, and nothing that they did not ask for is made. */
import { Duration, Stack } from "aws-cdk-lib";
import { SecurityGroup, SubnetType, Vpc } from "aws-cdk-lib/aws-ec2";
import { EventBus } from "aws-cdk-lib/aws-events";
import { Key } from "aws-cdk-lib/aws-kms";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { expect, test } from "vitest";
import { LAMBDAS } from "../../../infra/lambdas/lambda-table.ts";
import { Nightshift, type NightshiftProps } from "../../../infra/nightshift.ts";
import { ENV } from "../../../shared/names.ts";
import { permissions } from "./permissions.ts";
import { lambda, only, resources, synthesizeIn } from "./stack.ts";

/** A stack of somebody's with one Nightshift in it. */
const withProps = (propsIn: (stack: Stack) => NightshiftProps) =>
  synthesizeIn((stack) => new Nightshift(stack, "Night", propsIn(stack)));

const properties = (template: Parameters<typeof resources>[0], type: string) =>
  Object.values(resources(template, type)).map((resource) => resource.Properties);

test("two in one stack have their own names", () => {
  const template = synthesizeIn((stack) => {
    new Nightshift(stack, "Day");
    new Nightshift(stack, "Night");
  });
  const names = properties(template, "AWS::StepFunctions::StateMachine").map((p) => p.StateMachineName);
  expect(names).toEqual([expect.stringMatching(/^Theirs-Day-/), expect.stringMatching(/^Theirs-Night-/)]);
  const given = [
    ...properties(template, "AWS::Logs::LogGroup").flatMap((p) => p.LogGroupName ?? []),
    ...properties(template, "AWS::SecretsManager::Secret").map((p) => JSON.stringify(p.Name)),
    ...properties(template, "AWS::Events::EventBus").map((p) => p.Name),
  ];
  expect(given).toHaveLength(10);
  expect(new Set(given).size).toBe(10);
  // Outputs and exports are the stack's own affair.
  expect(template.findOutputs("*")).toEqual({});
});

test("a bucket, a bus and a secret of one's own: none is made, and the Lambdas may use what was given", () => {
  const template = withProps((stack) => ({
    bucket: Bucket.fromBucketName(stack, "Data", "their-data"),
    eventBus: EventBus.fromEventBusName(stack, "Bus", "their-bus"),
    secrets: { openai: Secret.fromSecretNameV2(stack, "Secret", "their-secret") },
  }));
  expect(properties(template, "AWS::S3::Bucket")).toEqual([]);
  expect(properties(template, "AWS::Events::EventBus")).toEqual([]);
  expect(only(template, "AWS::SecretsManager::Secret").Properties.Description).toContain("anthropic");
  const { Variables } = lambda(template, "submit-batch").Environment;
  expect(Variables[ENV.bucket]).toBe("their-data");
  expect(JSON.stringify(Variables.OPENAI_SECRET_ID)).toContain("secret:their-secret");
  const { may } = permissions(template, "submit-batch");
  expect(may("s3:GetObject", "arn:AWS::Partition:s3:::their-data/jobs/j/job.json")).toBe(true);
  expect(may("s3:GetObject", "arn:AWS::Partition:s3:::their-data/else")).toBe(false);
  const rules = properties(template, "AWS::Events::Rule").map((rule) => rule.EventPattern?.detail?.bucket);
  expect(rules).toContainEqual({ name: ["their-data"] });
});

test("a bucket of one's own that sends no events of uploads is rejected, with what to do", () => {
  const withBucket = (eventBridgeEnabled: boolean) =>
    withProps((stack) => ({ bucket: new Bucket(stack, "Data", { eventBridgeEnabled }) }));
  expect(() => withBucket(false)).toThrow(/give it eventBridgeEnabled: true/);
  expect(() => withBucket(true)).not.toThrow();
});

test("a key of one's own encrypts everything at rest, and the Lambdas and services may use it", () => {
  const template = withProps((stack) => ({ encryptionKey: new Key(stack, "Key") }));
  const key = { "Fn::GetAtt": [expect.stringMatching(/^Key/), "Arn"] };
  expect(only(template, "AWS::S3::Bucket").Properties.BucketEncryption).toEqual({
    ServerSideEncryptionConfiguration: [
      {
        BucketKeyEnabled: true,
        ServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms", KMSMasterKeyID: key },
      },
    ],
  });
  expect(only(template, "AWS::DynamoDB::Table").Properties.SSESpecification).toEqual({
    SSEEnabled: true,
    SSEType: "KMS",
    KMSMasterKeyId: key,
  });
  expect(only(template, "AWS::SQS::Queue").Properties.KmsMasterKeyId).toEqual(key);
  expect(only(template, "AWS::Events::EventBus").Properties.KmsKeyIdentifier).toEqual(key);
  const others = {
    "AWS::SecretsManager::Secret": [2, "KmsKeyId"],
    "AWS::Logs::LogGroup": [Object.keys(LAMBDAS).length + 2, "KmsKeyId"],
    "AWS::Lambda::Function": [Object.keys(LAMBDAS).length, "KmsKeyArn"],
  } as const;
  for (const [type, [count, property]] of Object.entries(others)) {
    expect(properties(template, type).map((p) => p[property])).toEqual(Array(count).fill(key));
  }
  for (const name of Object.keys(LAMBDAS)) {
    const { may } = permissions(template, name);
    for (const action of ["kms:Decrypt", "kms:GenerateDataKey"]) expect(may(action, "Key")).toBe(true);
    expect(may("kms:ScheduleKeyDeletion", "Key")).toBe(false);
  }
  const policy = JSON.stringify(only(template, "AWS::KMS::Key").Properties.KeyPolicy);
  for (const service of ["logs.", "events.amazonaws.com"]) expect(policy).toContain(service);
});

test("in a VPC every Lambda runs in the given subnets, behind one security group that lets out HTTPS alone", () => {
  const template = withProps((stack) => ({
    vpc: new Vpc(stack, "Vpc", { maxAzs: 2 }),
    vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
  }));
  const configs = properties(template, "AWS::Lambda::Function")
    .filter((p) => p.Description?.startsWith("Nightshift"))
    .map((p) => p.VpcConfig);
  expect(configs).toHaveLength(Object.keys(LAMBDAS).length);
  const subnet = { Ref: expect.stringMatching(/^VpcPrivateSubnet/) };
  const group = { "Fn::GetAtt": [expect.stringMatching(/^NightSecurityGroup/), "GroupId"] };
  for (const config of configs) {
    expect(config).toMatchObject({ SubnetIds: [subnet, subnet], SecurityGroupIds: [group] });
  }
  const { SecurityGroupEgress, SecurityGroupIngress } = only(template, "AWS::EC2::SecurityGroup").Properties;
  expect(SecurityGroupEgress).toEqual([
    expect.objectContaining({ IpProtocol: "tcp", FromPort: 443, ToPort: 443 }),
  ]);
  expect(SecurityGroupIngress).toBeUndefined();
});

test("what cannot be used is refused by name", () => {
  expect(() => withProps(() => ({ jobDefaults: { max_rounds: 11 } }))).toThrow(
    /^jobDefaults: max_rounds: must be at most 10/,
  );
  expect(() => withProps(() => ({ providerLimits: { openai: { max_requests: 0 } } }))).toThrow(
    /^providerLimits: openai.max_requests: must be more than 0/,
  );
  expect(() => withProps(() => ({ vpcSubnets: {} }))).toThrow(/need a vpc/);
  const groups = (stack: Stack) => [SecurityGroup.fromSecurityGroupId(stack, "Group", "sg-1")];
  expect(() => withProps((stack) => ({ securityGroups: groups(stack) }))).toThrow(/need a vpc/);
});

test("a job ends two days before the objects that it needs go", () => {
  const template = withProps(() => ({ keepIntermediate: Duration.days(7) }));
  const { Rules } = only(template, "AWS::S3::Bucket").Properties.LifecycleConfiguration;
  expect(Rules).toContainEqual(expect.objectContaining({ Prefix: "jobs/", ExpirationInDays: 7 }));
  function defaults(props: (stack: Stack) => NightshiftProps): unknown {
    const stack = new Stack();
    stack.node.setContext("aws:cdk:bundling-stacks", []);
    const { lambdas } = new Nightshift(stack, "Night", props(stack));
    return JSON.parse(lambdas.functions["prepare-job"].settings[ENV.jobDefaults] ?? "");
  }
  expect(defaults(() => ({ keepIntermediate: Duration.days(7) }))).toEqual({ deadline_hours: 5 * 24 });
  expect(defaults(() => ({ jobDefaults: { deadline_hours: 6 } }))).toEqual({ deadline_hours: 6 });
  expect(() => withProps(() => ({ jobDefaults: { deadline_hours: 673 } }))).toThrow(
    /deadline_hours: at most 672/,
  );
  expect(() => withProps(() => ({ keepIntermediate: Duration.days(2) }))).toThrow(
    /keepIntermediate: at least 3 days/,
  );
  // Of the lifecycle of a bucket of one's own nothing is known.
  expect(defaults((stack) => ({ bucket: Bucket.fromBucketName(stack, "Data", "their-data") }))).toEqual({});
});

test("logs are kept as long as is said", () => {
  const template = withProps(() => ({ logRetention: RetentionDays.ONE_WEEK }));
  for (const { RetentionInDays } of properties(template, "AWS::Logs::LogGroup"))
    expect(RetentionInDays).toBe(7);
});
