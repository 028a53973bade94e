import { Duration, Validations } from "aws-cdk-lib";
import { Match, Rule, RuleTargetInput } from "aws-cdk-lib/aws-events";
import { SfnStateMachine } from "aws-cdk-lib/aws-events-targets";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import type { IStateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";

/** What starts what. */
export interface UploadTriggerProps {
  bucket: IBucket;
  /** Prefix of the keys that users upload to. */
  prefix: string;
  stateMachine: IStateMachine;
  encryptionKey: IKey | undefined;
}

/**
 * Starts an execution for every JSONL file that is uploaded, plain or gzip. EventBridge delivers at
 * least once; what cannot be delivered within a day waits in a dead-letter queue.
 */
export class UploadTrigger extends Construct {
  /** Uploads that started nothing. */
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: UploadTriggerProps) {
    super(scope, id);
    const { bucket, prefix, stateMachine, encryptionKey } = props;
    this.deadLetters = new Queue(this, "DeadLetters", {
      ...(encryptionKey
        ? { encryption: QueueEncryption.KMS, encryptionMasterKey: encryptionKey }
        : { encryption: QueueEncryption.SQS_MANAGED }),
      enforceSSL: true,
      // The longest that SQS keeps a message.
      retentionPeriod: Duration.days(14),
    });
    Validations.of(this.deadLetters).acknowledge({
      id: "AwsSolutions-SQS3",
      reason: "It is a dead-letter queue itself: of a rule's target, which the check does not look at",
    });
    new Rule(this, "Rule", {
      description: `Nightshift: starts a job for each JSONL file uploaded to ${prefix}`,
      eventPattern: {
        source: ["aws.s3"],
        detailType: ["Object Created"],
        detail: {
          bucket: { name: [bucket.bucketName] },
          object: {
            key: Match.anyOf(Match.wildcard(`${prefix}*.jsonl`), Match.wildcard(`${prefix}*.jsonl.gz`)),
          },
        },
      },
      targets: [
        new SfnStateMachine(stateMachine, {
          input: RuleTargetInput.fromEventPath("$.detail"),
          deadLetterQueue: this.deadLetters,
          maxEventAge: Duration.days(1),
          retryAttempts: 185,
        }),
      ],
    });
  }
}
