/** What a stack is made of: there, in order, and open to who asks. */
import { CloudFormationClient, ListStackResourcesCommand } from "@aws-sdk/client-cloudformation";
import { DescribeTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { GetAccountSettingsCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { HeadBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { DescribeStateMachineCommand, SFNClient } from "@aws-sdk/client-sfn";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { AWS_CLIENT } from "../../shared/aws-client.ts";
import { messageOf } from "../../shared/errors.ts";
import type { Check } from "./check.ts";

/** A person waits for the answer: two tries are enough. */
const CLIENT = { ...AWS_CLIENT, maxAttempts: 2 };

/** Lambdas at once in the account and region: a new account has 10, the usual quota is 1,000. */
const FEW_LAMBDAS = 50;

/** Checks the resources that the outputs name, the queue of lost uploads, and the quota that jobs meet first. */
export async function* resourceChecks(stack: string, outputs: Map<string, string>): AsyncGenerator<Check> {
  const { BucketName, TableName, StateMachineArn } = Object.fromEntries(outputs);
  if (BucketName) yield await checked("bucket", "s3:ListBucket", () => bucket(BucketName));
  if (TableName) yield await checked("table", "dynamodb:DescribeTable", () => table(TableName));
  if (StateMachineArn)
    yield await checked("state machine", "states:DescribeStateMachine", () => stateMachine(StateMachineArn));
  yield await checked("lost uploads", "cloudformation:ListStackResources and sqs:GetQueueAttributes", () =>
    lostUploads(stack),
  );
  yield await lambdaQuota();
}

type Finding = Omit<Check, "name">;

/** A resource that this user may not read may still exist. */
async function checked(name: string, permission: string, check: () => Promise<Finding>): Promise<Check> {
  try {
    return { name, ...(await check()) };
  } catch (error) {
    if (isDenied(error)) {
      return { name, outcome: "warning", what: "you may not read it", fix: `Ask for ${permission}.` };
    }
    const type = error instanceof Error ? error.name : "";
    return {
      name,
      outcome: "wrong",
      what: messageOf(error) || type,
      fix: "It may have been deleted by hand: check the stack's resources, and deploy it again.",
    };
  }
}

async function bucket(Bucket: string): Promise<Finding> {
  await new S3Client(CLIENT).send(new HeadBucketCommand({ Bucket }));
  return { outcome: "ok", what: Bucket };
}

async function table(TableName: string): Promise<Finding> {
  const { Table } = await new DynamoDBClient(CLIENT).send(new DescribeTableCommand({ TableName }));
  return state(TableName, Table?.TableStatus);
}

async function stateMachine(stateMachineArn: string): Promise<Finding> {
  const { name, status } = await new SFNClient(CLIENT).send(
    new DescribeStateMachineCommand({ stateMachineArn }),
  );
  return state(name ?? stateMachineArn, status);
}

function state(what: string, status: string | undefined): Finding {
  if (status === "ACTIVE") return { outcome: "ok", what };
  return { outcome: "wrong", what: `${what} is ${status}`, fix: "Check it in the AWS console." };
}

/** Uploads whose execution could not be started wait in the trigger's dead-letter queue, the stack's only queue. */
async function lostUploads(stack: string): Promise<Finding> {
  const list = new ListStackResourcesCommand({ StackName: stack });
  const { StackResourceSummaries = [] } = await new CloudFormationClient(CLIENT).send(list);
  const queue = StackResourceSummaries.find(({ ResourceType }) => ResourceType === "AWS::SQS::Queue");
  if (!queue?.PhysicalResourceId) return { outcome: "skipped", what: "the stack has no dead-letter queue" };
  const read = new GetQueueAttributesCommand({
    QueueUrl: queue.PhysicalResourceId,
    AttributeNames: ["ApproximateNumberOfMessages"],
  });
  const { Attributes } = await new SQSClient(CLIENT).send(read);
  const waiting = Number(Attributes?.ApproximateNumberOfMessages ?? 0);
  if (waiting === 0) return { outcome: "ok", what: "none" };
  return {
    outcome: "warning",
    what: `${waiting} in the dead-letter queue ${queue.PhysicalResourceId}`,
    fix: "Each message names an upload that started nothing: upload it again, and delete the message.",
  };
}

/** Where a job's Lambdas meet others'. Being throttled only slows a job down. */
async function lambdaQuota(): Promise<Check> {
  const name = "Lambda quota";
  try {
    const { AccountLimit } = await new LambdaClient(CLIENT).send(new GetAccountSettingsCommand({}));
    const most = AccountLimit?.UnreservedConcurrentExecutions ?? AccountLimit?.ConcurrentExecutions;
    if (most === undefined) return { name, outcome: "skipped", what: "AWS does not report it" };
    const what = `${most} at once`;
    if (most >= FEW_LAMBDAS) return { name, outcome: "ok", what };
    const fix =
      "Ask for more in Service Quotas (Lambda, concurrent executions), or lower max_concurrent_batches.";
    return { name, outcome: "warning", what: `${what}, which a few jobs at a time use up`, fix };
  } catch (error) {
    return {
      name,
      outcome: "skipped",
      what: `cannot be read (${error instanceof Error ? error.name : error})`,
    };
  }
}

/** Whether AWS refused a call for want of a permission. */
export function isDenied(error: unknown): boolean {
  const { name = "", $metadata } = (error ?? {}) as {
    name?: string;
    $metadata?: { httpStatusCode?: number };
  };
  return /AccessDenied|Unauthorized|NotAuthorized/.test(name) || $metadata?.httpStatusCode === 403;
}
