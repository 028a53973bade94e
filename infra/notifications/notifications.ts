import { Stack } from "aws-cdk-lib";
import { EventField, type IEventBus, Rule, RuleTargetInput } from "aws-cdk-lib/aws-events";
import { SnsTopic } from "aws-cdk-lib/aws-events-targets";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import { Construct } from "constructs";
import type { Network } from "../lambdas/network.ts";
import type { StoragePolicy } from "../storage/storage-policy.ts";
import { OF_JOBS } from "./event-pattern.ts";
import { Webhook } from "./webhook.ts";

export interface NotificationsProps {
  bus: IEventBus;
  /** The bucket with the results, which mails name. */
  bucket: IBucket;
  /** Addresses that get a mail at the end of each job, and of each alarm. */
  email: readonly string[];
  /** An HTTPS address that gets every event. */
  url: string | undefined;
  storage: StoragePolicy;
  network: Network | undefined;
}

/** Ready-made rules on the bus of the jobs' events: mails by SNS, and a webhook. `docs/events.md` describes what they send. */
export class Notifications extends Construct {
  /** Gets the mails and the alarms; undefined without an address. */
  readonly topic: Topic | undefined;
  /** Undefined without an address for it. */
  readonly webhook: Webhook | undefined;

  constructor(scope: Construct, id: string, props: NotificationsProps) {
    super(scope, id);
    if (props.email.length > 0) this.topic = this.mails(props);
    const { bus, url, storage, network } = props;
    if (url) this.webhook = new Webhook(this, "Webhook", { bus, url, storage, network });
  }

  private mails({ email, bus, bucket, storage: { encryptionKey } }: NotificationsProps): Topic {
    const topic = new Topic(this, "Topic", {
      displayName: "Nightshift",
      enforceSSL: true,
      // The services' own key would not do: EventBridge and CloudWatch may not use it.
      ...(encryptionKey && { masterKey: encryptionKey }),
    });
    // A topic with a policy has lost its default one, by which alarms could publish.
    topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal("cloudwatch.amazonaws.com")],
        actions: ["sns:Publish"],
        resources: [topic.topicArn],
        conditions: { StringEquals: { "aws:SourceAccount": topic.stack.account } },
      }),
    );
    for (const address of email) topic.addSubscription(new EmailSubscription(address));
    const mail = (name: string, description: string, status: string[], text: string) =>
      new Rule(this, name, {
        description: `Nightshift: ${description}`,
        eventBus: bus,
        eventPattern: { ...OF_JOBS, detail: { status } },
        targets: [new SnsTopic(topic, { message: RuleTargetInput.fromMultilineText(text) })],
      });
    const { stackName } = Stack.of(this);
    const ended = ["completed", "expired", "cancelled"];
    mail("JobEnded", "a mail for each job that has ended", ended, endedText(bucket, stackName));
    mail("JobFailed", "a mail for each job that failed", ["failed"], failedText(stackName));
    return topic;
  }
}

const detail = (field: string) => EventField.fromPath(`$.detail.${field}`);

/**
 * EventBridge does not escape what it puts into a text. One quotation mark in a model's name or in an error, and the
 * mail is lost. So mails hold only ids, states and numbers, and say where to read more.
 */
function endedText(bucket: IBucket, stackName: string): string {
  const job = detail("job_id");
  const count = (outcome: string) => `${detail(`counts.${outcome}`)} ${outcome}`;
  const counts = ["succeeded", "failed", "invalid", "expired", "cancelled"].map(count).join(", ");
  return [
    `Job ${job}: ${detail("status")}`,
    `${detail("request_count")} items: ${counts}`,
    `Cost in US dollars at batch rates (null: a model without a known price): ${detail("receipt.cost_usd")}`,
    `Results: s3://${bucket.bucketName}/results/${job}/`,
    `More: nightshift status ${job} --stack ${stackName}`,
  ].join("\n");
}

function failedText(stackName: string): string {
  const job = detail("job_id");
  return [
    `Job ${job}: failed`,
    `Why: nightshift status ${job} --stack ${stackName}`,
    "What to do: docs/runbook.md#jobs-failed. When started again, the job resumes; nothing is sent twice.",
  ].join("\n");
}
