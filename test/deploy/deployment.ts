import { setTimeout as sleep } from "node:timers/promises";
import { CloudWatchLogsClient, paginateFilterLogEvents } from "@aws-sdk/client-cloudwatch-logs";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import { LambdaClient, paginateListFunctions } from "@aws-sdk/client-lambda";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import { SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient, GetCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { hasEnded } from "../../shared/models.ts";
import { EVENT } from "../../shared/names.ts";
import { BatchEvent, JobEvent } from "../../shared/payload.ts";
import type { StackOutputs } from "./cdk.ts";

/** A definition, as far as tests change it. */
export interface PatchedMachine {
  StartAt: string;
  States: Record<string, { ItemProcessor?: PatchedMachine } & Record<string, unknown>>;
}

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
  readonly #topics = new SNSClient({});
  readonly #executions = new SFNClient({});
  readonly #lambdas = new LambdaClient({});
  readonly #logs = new CloudWatchLogsClient({});
  readonly #table = DynamoDBDocumentClient.from(new DynamoDBClient({}));
  readonly #heard: JobEvent[] = [];
  readonly #batches: BatchEvent[] = [];
  readonly #mails: string[] = [];
  #queue = "";
  #mailbox = "";

  constructor(outputs: StackOutputs) {
    this.outputs = outputs;
  }

  /** Sets a provider's key. */
  async setKey(secretName: string, key: string): Promise<void> {
    await this.#secrets.send(new PutSecretValueCommand({ SecretId: secretName, SecretString: key }));
  }

  /** What a secret holds. */
  async secret(SecretId: string): Promise<string> {
    return (await this.#secrets.send(new GetSecretValueCommand({ SecretId }))).SecretString ?? "";
  }

  /** What the webhook's receiver is given: the secret as Standard Webhooks writes it. */
  async webhookSecret(): Promise<string> {
    const read = new GetSecretValueCommand({ SecretId: this.outputs.WebhookSecretArn });
    return `whsec_${(await this.#secrets.send(read)).SecretString}`;
  }

  /** Makes the webhook's queue bring back after a second what was not taken, and not after minutes. */
  async hastenWebhook(): Promise<void> {
    const { QueueUrls = [] } = await this.#queues.send(new ListQueuesCommand({}));
    const QueueUrl = QueueUrls.find((url) => url.includes("WebhookQueue"));
    const Attributes = { VisibilityTimeout: "1" };
    await this.#queues.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
  }

  /** Sends all that comes over the stack's bus to a queue, as a user's own rule would. */
  async listen(): Promise<void> {
    const { url, arn } = await this.queue("nightshift-test", "events.amazonaws.com");
    this.#queue = url;
    const rule = { Name: "nightshift-test", EventBusName: this.outputs.EventBusName };
    const EventPattern = JSON.stringify({
      source: ["nightshift"],
      "detail-type": [EVENT.detailType, EVENT.batchDetailType],
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

  /** Subscribes a queue to the stack's notifications, as others subscribe a mailbox. */
  async subscribe(): Promise<void> {
    const { url, arn } = await this.queue("nightshift-mails", "sns.amazonaws.com");
    this.#mailbox = url;
    const TopicArn = this.outputs.NotificationTopicArn;
    await this.#topics.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: arn }));
  }

  /** Waits for a mail about a job, by its id. @returns its text */
  async mailAbout(job_id: string): Promise<string> {
    for (;;) {
      const mail = this.#mails.find((text) => text.includes(`Job ${job_id}:`));
      if (mail) return mail;
      for (const body of await this.receive(this.#mailbox))
        this.#mails.push((JSON.parse(body) as { Message: string }).Message);
    }
  }

  /** A new queue that a service may send to. */
  private async queue(QueueName: string, Service: string): Promise<{ url: string; arn: string | undefined }> {
    const { QueueUrl = "" } = await this.#queues.send(new CreateQueueCommand({ QueueName }));
    const named = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] });
    const arn = (await this.#queues.send(named)).Attributes?.QueueArn;
    const statement = { Effect: "Allow", Principal: { Service }, Action: "sqs:SendMessage", Resource: arn };
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
    await this.#queues.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
    return { url: QueueUrl, arn };
  }

  /** Takes what is in a queue out of it, or what comes within a second. */
  private async receive(QueueUrl: string): Promise<string[]> {
    const receive = new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1, MaxNumberOfMessages: 10 });
    const { Messages = [] } = await this.#queues.send(receive);
    for (const { ReceiptHandle } of Messages)
      await this.#queues.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    return Messages.map(({ Body = "{}" }) => Body);
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
      for (const body of await this.receive(this.#queue)) this.#hear(JSON.parse(body));
    }
  }

  #hear(event: { "detail-type": string; detail: unknown }): void {
    if (event["detail-type"] === EVENT.detailType) this.#heard.push(JobEvent.parse(event.detail));
    else this.#batches.push(BatchEvent.parse(event.detail));
  }

  /** The events of a job's finished batches that have come so far. */
  batchesOf(job_id: string): BatchEvent[] {
    return this.#batches.filter((event) => event.job_id === job_id);
  }

  /** All that the stack's Lambdas have logged, line by line. */
  async logged(): Promise<string[]> {
    const lines: string[] = [];
    for await (const { Functions = [] } of paginateListFunctions({ client: this.#lambdas }, {})) {
      for (const { LoggingConfig } of Functions) {
        const pages = paginateFilterLogEvents(
          { client: this.#logs },
          { logGroupName: LoggingConfig?.LogGroup },
        );
        for await (const { events = [] } of pages) lines.push(...events.map(({ message = "" }) => message));
      }
    }
    return lines;
  }

  /** Starts a state machine beside the stack's, whose definition is the stack's after `patch`. @returns the execution */
  async startPatched(patch: (definition: PatchedMachine) => void, input: object): Promise<string> {
    const { StateMachineArn: stateMachineArn } = this.outputs;
    const { definition = "", roleArn } = await this.#executions.send(
      new DescribeStateMachineCommand({ stateMachineArn }),
    );
    const patched = JSON.parse(definition) as PatchedMachine;
    patch(patched);
    const made = await this.#executions.send(
      new CreateStateMachineCommand({ name: "Patched", definition: JSON.stringify(patched), roleArn }),
    );
    const started = await this.#executions.send(
      new StartExecutionCommand({ stateMachineArn: made.stateMachineArn, input: JSON.stringify(input) }),
    );
    return started.executionArn ?? "";
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
