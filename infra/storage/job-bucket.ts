import { Duration, RemovalPolicy, Validations } from "aws-cdk-lib";
import { Grant, type IGrantable } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CfnBucket,
  type IBucket,
} from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { JOBS_PREFIX } from "../../shared/objects/keys.ts";
import { inboxOf, jobIdPrefix, recipesOf } from "../../shared/tenants/tenant.ts";
import { allow, explainWildcards } from "../access/wildcards.ts";
import { grantKeyUse, type StoragePolicy } from "./storage-policy.ts";

/** Which objects one Lambda touches: key patterns, as IAM reads them. */
export interface ObjectAccess {
  /** Get and head. */
  read?: readonly string[];
  /** Get and head of a given version: the upload that started the job, though it was overwritten since. */
  readVersions?: readonly string[];
  /** Put, multipart uploads included. */
  write?: readonly string[];
  /**
   * Whether the Lambda must recognize a missing object: without the right to list, S3 answers 403
   * instead of 404. The right cannot be narrowed to a prefix, as a get or head request has none to compare:
   * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
   */
  missing?: boolean;
}

const SILENT =
  "the bucket does not send its events to EventBridge, so no upload would start a job: give it eventBridgeEnabled: true";

export interface JobBucketProps {
  /** A bucket that is there already; it stays as it is. */
  existing: IBucket | undefined;
  /** How long `jobs/` is kept after it was written. */
  keepIntermediate: Duration;
  storage: StoragePolicy;
}

/**
 * The one bucket: `inbox/` for uploads, `recipes/` for settings that uploads name, `jobs/` for intermediate objects,
 * `results/` for outputs.
 */
export class JobBucket extends Construct {
  readonly bucket: IBucket;

  constructor(scope: Construct, id: string, props: JobBucketProps) {
    super(scope, id);
    const { existing } = props;
    this.bucket = existing ?? this.make(props);
    if (existing) this.node.addValidation({ validate: () => (isSilent(existing) ? [SILENT] : []) });
  }

  private make({ keepIntermediate, storage }: JobBucketProps): Bucket {
    const { encryptionKey, removalPolicy } = storage;
    const bucket = new Bucket(this, "Bucket", {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      ...(encryptionKey
        ? { encryption: BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true }
        : { encryption: BucketEncryption.S3_MANAGED }),
      enforceSSL: true,
      versioned: true,
      lifecycleRules: [
        {
          id: "expire-old-versions",
          noncurrentVersionExpiration: Duration.days(30),
          expiredObjectDeleteMarker: true,
        },
        { id: "abort-unfinished-uploads", abortIncompleteMultipartUploadAfter: Duration.days(7) },
        {
          id: "expire-intermediate",
          prefix: JOBS_PREFIX,
          expiration: keepIntermediate,
          // They hold prompts and answers, and nobody needs their older versions.
          noncurrentVersionExpiration: Duration.days(1),
        },
      ],
      removalPolicy,
      autoDeleteObjects: removalPolicy === RemovalPolicy.DESTROY,
    });
    Validations.of(bucket).acknowledge({
      id: "AwsSolutions-S1",
      reason: "CloudTrail's data events show who reads which object; the account's owner may turn them on",
    });
    // CDK's own `eventBridgeEnabled` deploys a custom resource, a Lambda that may change any bucket's
    // notifications; CloudFormation has had the property itself since 2021.
    (bucket.node.defaultChild as CfnBucket).notificationConfiguration = {
      eventBridgeConfiguration: { eventBridgeEnabled: true },
    };
    return bucket;
  }

  /** Lets a Lambda touch the objects it needs, and no others. */
  grant(lambda: IFunction, access: ObjectAccess): void {
    const objects = (patterns: readonly string[] = []) => patterns.map((p) => this.bucket.arnForObjects(p));
    const permit = (actions: string[], resources: string[]) => {
      if (resources.length === 0) return;
      allow(lambda, { actions, resources }, "A Lambda works for every job: these objects of each");
    };
    permit(["s3:GetObject"], objects(access.read));
    permit(["s3:GetObjectVersion"], objects(access.readVersions));
    permit(["s3:PutObject", "s3:AbortMultipartUpload"], objects(access.write));
    if (access.missing) permit(["s3:ListBucket"], [this.bucket.bucketArn]);
    grantKeyUse(this.bucket.encryptionKey, lambda);
  }

  /** Lets a tenant upload, write recipes, and read both and its jobs' results. */
  grantTenant(grantee: IGrantable, tenant: string): void {
    const inbox = `${inboxOf(tenant)}*`;
    const recipes = `${recipesOf(tenant)}*`;
    const results = `results/${jobIdPrefix(tenant)}*`;
    const permit = (actions: string[], patterns: string[]) => {
      const resourceArns = patterns.map((pattern) => this.bucket.arnForObjects(pattern));
      Grant.addToPrincipal({ grantee, actions, resourceArns }).assertSuccess();
      if (Construct.isConstruct(grantee))
        explainWildcards(grantee, resourceArns, "All objects of one tenant");
    };
    permit(["s3:PutObject", "s3:AbortMultipartUpload"], [inbox, recipes]);
    permit(["s3:GetObject"], [inbox, recipes, results]);
    Grant.addToPrincipal({
      grantee,
      actions: ["s3:ListBucket"],
      resourceArns: [this.bucket.bucketArn],
      conditions: { StringLike: { "s3:prefix": [inbox, recipes, results] } },
    }).assertSuccess();
    grantKeyUse(this.bucket.encryptionKey, grantee);
  }
}

/** Whether a bucket surely sends no events. Unknown for a bucket of another stack, and for one with notifications: false. */
function isSilent(bucket: IBucket): boolean {
  const resource = bucket.node.defaultChild as CfnBucket | undefined;
  // Where CDK puts the notifications of a bucket: in a custom resource beside it.
  return Boolean(
    resource && !resource.notificationConfiguration && !bucket.node.tryFindChild("Notifications"),
  );
}
