import { setTimeout as sleep } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  SFNClient,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient, GetCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { hasEnded } from "../../shared/models.ts";
import { JobEvent } from "../../shared/payload.ts";
import type { StackOutputs } from "./cdk.ts";

/**
 * A deployed stack as its users see it, through AWS's own APIs only: nothing here knows whether AWS
 * or an emulator answers. The AWS environment variables say where it is.
 */
export class Deployment {
  readonly outputs: StackOutputs;
  readonly #s3 = new S3Client({});
  readonly #events = new EventBridgeClient({});
  readonly #secrets = new SecretsManagerClient({});
  readonly #queues = new SQSClient({});
  readonly #executions = new SFNClient({});
  readonly #table = DynamoDBDocumentClient.from(new DynamoDBClient({}));
  readonly #heard: JobEvent[] = [];
  #queue = "";

  constructor(outputs: StackOutputs) {
    this.outputs = outputs;
  }

  /** Sets a provider's key. */
  async setKey(secretName: string, key: string): Promise<void> {
    await this.#secrets.send(new PutSecretValueCommand({ SecretId: secretName, SecretString: key }));
  }

  /** Sends all that comes over the stack's bus to a queue, as a user's own rule would. */
  async listen(): Promise<void> {
    const { QueueUrl = "" } = await this.#queues.send(
      new CreateQueueCommand({ QueueName: "nightshift-test" }),
    );
    this.#queue = QueueUrl;
    const named = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] });
    const { Attributes } = await this.#queues.send(named);
    const arn = Attributes?.QueueArn;
    const statement = {
      Effect: "Allow",
      Principal: { Service: "events.amazonaws.com" },
      Action: "sqs:SendMessage",
      Resource: arn,
    };
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
    await this.#queues.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
    const rule = { Name: "nightshift-test", EventBusName: this.outputs.EventBusName };
    const EventPattern = JSON.stringify({
      source: ["nightshift"],
      "detail-type": ["Batch Job State Change"],
    });
    await this.#events.send(new PutRuleCommand({ ...rule, EventPattern }));
    await this.#events.send(
      new PutTargetsCommand({
        Rule: rule.Name,
        EventBusName: rule.EventBusName,
        Targets: [{ Id: "queue", Arn: arn }],
      }),
    );
  }

  /** Uploads a file, with the job's settings as user metadata. */
  async upload(key: string, body: string | Uint8Array, metadata: Record<string, string> = {}): Promise<void> {
    const { BucketName } = this.outputs;
    await this.#s3.send(
      new PutObjectCommand({ Bucket: BucketName, Key: key, Body: body, Metadata: metadata }),
    );
  }

  /** An object's text. */
  async read(key: string): Promise<string> {
    const object = await this.#s3.send(new GetObjectCommand({ Bucket: this.outputs.BucketName, Key: key }));
    return (await object.Body?.transformToString()) ?? "";
  }

  /** A record of the table. */
  async record(pk: string, sk: string): Promise<Record<string, unknown> | undefined> {
    const answer = await this.#table.send(
      new GetCommand({ TableName: this.outputs.TableName, Key: { pk, sk } }),
    );
    return answer.Item;
  }

  /** Waits until a record of the table is as wanted. */
  async recordWhen(pk: string, sk: string, wanted: (record: Record<string, unknown>) => boolean) {
    for (;;) {
      const record = await this.record(pk, sk);
      if (record && wanted(record)) return record;
      await sleep(100);
    }
  }

  /** Sets an attribute of a job's record, as a person does in the console. */
  async setOnJob(job_id: string, attribute: string, value: unknown): Promise<void> {
    await this.#table.send(
      new UpdateCommand({
        TableName: this.outputs.TableName,
        Key: { pk: `job#${job_id}`, sk: "job" },
        UpdateExpression: "SET #attribute = :value",
        ExpressionAttributeNames: { "#attribute": attribute },
        ExpressionAttributeValues: { ":value": value },
      }),
    );
  }

  /** Waits until a job, by the start of its id, has begun. @returns its id */
  async begun(job: string): Promise<string> {
    return (await this.eventsOf(job, () => true))[0]?.job_id ?? "";
  }

  /** Stops an execution, as a person does in the console. */
  async stop(executionArn: string): Promise<void> {
    await this.#executions.send(new StopExecutionCommand({ executionArn }));
  }

  /** Waits for the events of one job, by the start of its id, until one tells of its end, or of what is wanted. */
  async eventsOf(job: string, wanted = ({ status }: JobEvent) => hasEnded(status)): Promise<JobEvent[]> {
    for (;;) {
      const events = this.#heard.filter((event) => event.job_id.startsWith(`${job}-`));
      if (events.some(wanted)) return events;
      const receive = new ReceiveMessageCommand({
        QueueUrl: this.#queue,
        WaitTimeSeconds: 1,
        MaxNumberOfMessages: 10,
      });
      for (const { Body = "{}", ReceiptHandle } of (await this.#queues.send(receive)).Messages ?? []) {
        this.#heard.push(JobEvent.parse((JSON.parse(Body) as { detail: unknown }).detail));
        await this.#queues.send(new DeleteMessageCommand({ QueueUrl: this.#queue, ReceiptHandle }));
      }
    }
  }

  /** How an execution stands, once it has ended, and all that is kept of it, as one text. */
  async execution(executionArn: string) {
    for (;;) {
      const execution = await this.#executions.send(new DescribeExecutionCommand({ executionArn }));
      if (execution.status === "RUNNING") {
        await sleep(200);
        continue;
      }
      const history = await this.#executions.send(
        new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }),
      );
      return { ...execution, text: JSON.stringify([execution.input, execution.output, history.events]) };
    }
  }
}
