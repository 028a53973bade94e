import { RemovalPolicy } from "aws-cdk-lib";
import { type IGrantable, PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";

/** How everything at rest is kept: encrypted with what, for how long, and what goes with the stack. */
export interface StoragePolicy {
  /** Customer-managed key; without one, the services' own. */
  encryptionKey: IKey | undefined;
  /** Of the bucket and the table. */
  removalPolicy: RemovalPolicy;
  logRetention: RetentionDays;
}

/** A log group. Logs hold no content of jobs: nothing worth keeping after the stack. */
export function logGroup(scope: Construct, id: string, storage: StoragePolicy, name?: string): LogGroup {
  return new LogGroup(scope, id, {
    ...(name && { logGroupName: name }),
    retention: storage.logRetention,
    ...(storage.encryptionKey && { encryptionKey: storage.encryptionKey }),
    removalPolicy: RemovalPolicy.DESTROY,
  });
}

/**
 * Lets a role use what the key encrypts: S3 and DynamoDB ask for the key in the caller's name.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
 */
export function grantKeyUse(key: IKey | undefined, grantee: IGrantable): void {
  key?.grant(
    grantee,
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
  );
}

/**
 * Lets the services that write in their own name use the key: CloudWatch Logs, and EventBridge and
 * alarms for dead letters and notifications.
 * The policy of a key from another stack cannot be changed here: `docs/security.md` says what it must hold.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
 */
export function allowServices(key: IKey): void {
  const { region, account, partition } = key.stack;
  key.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal(`logs.${region}.amazonaws.com`)],
      actions: ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"],
      resources: ["*"],
      conditions: {
        ArnLike: {
          "kms:EncryptionContext:aws:logs:arn": `arn:${partition}:logs:${region}:${account}:log-group:*`,
        },
      },
    }),
  );
  key.addToResourcePolicy(
    new PolicyStatement({
      principals: ["events", "cloudwatch"].map((service) => new ServicePrincipal(`${service}.amazonaws.com`)),
      actions: ["kms:Decrypt", "kms:GenerateDataKey"],
      resources: ["*"],
      conditions: { StringEquals: { "aws:SourceAccount": account } },
    }),
  );
}
