import { Duration } from "aws-cdk-lib";
import { Match, Rule, RuleTargetInput } from "aws-cdk-lib/aws-events";
import { SfnStateMachine } from "aws-cdk-lib/aws-events-targets";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import type { IStateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import { deadLetterQueue } from "./queues.ts";

export interface UploadTriggerProps {
  bucket: IBucket;
  prefix: string;
  stateMachine: IStateMachine;
  encryptionKey: IKey | undefined;
}

/**
 * Starts an execution for every object that is uploaded, whatever its name. A job reads what it can by its content, and says what it
 * cannot. A pattern of endings would ignore `DATA.CSV` or a spreadsheet without a word. EventBridge delivers at least once; what cannot
 * be delivered within a day waits in a dead-letter queue.
 */
export class UploadTrigger extends Construct {
  /** Uploads that started nothing. */
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: UploadTriggerProps) {
    super(scope, id);
    const { bucket, prefix, stateMachine, encryptionKey } = props;
    this.deadLetters = deadLetterQueue(this, "DeadLetters", encryptionKey);
    new Rule(this, "Rule", {
      description: `Nightshift: starts a job for each file uploaded to ${prefix}`,
      eventPattern: {
        source: ["aws.s3"],
        detailType: ["Object Created"],
        detail: {
          bucket: { name: [bucket.bucketName] },
          object: {
            key: Match.prefix(prefix),
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
