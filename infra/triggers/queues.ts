import { Duration, Validations } from "aws-cdk-lib";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { Queue, QueueEncryption, type QueueProps } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";

/** A queue that refuses what is not TLS, encrypted with the key when there is one. */
export function queue(
  scope: Construct,
  id: string,
  encryptionKey: IKey | undefined,
  props: Pick<QueueProps, "retentionPeriod" | "visibilityTimeout" | "deadLetterQueue">,
): Queue {
  return new Queue(scope, id, {
    ...(encryptionKey
      ? { encryption: QueueEncryption.KMS, encryptionMasterKey: encryptionKey }
      : { encryption: QueueEncryption.SQS_MANAGED }),
    enforceSSL: true,
    ...props,
  });
}

/** A queue of what could not be delivered, for people. */
export function deadLetterQueue(scope: Construct, id: string, encryptionKey: IKey | undefined): Queue {
  // The longest that SQS keeps a message.
  const deadLetters = queue(scope, id, encryptionKey, { retentionPeriod: Duration.days(14) });
  Validations.of(deadLetters).acknowledge({
    id: "AwsSolutions-SQS3",
    reason: "It is a dead-letter queue itself",
  });
  return deadLetters;
}
