import { Duration, RemovalPolicy } from "aws-cdk-lib";
import type { IGrantable } from "aws-cdk-lib/aws-iam";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { BlockPublicAccess, Bucket, BucketEncryption, type CfnBucket } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";

/** Which objects one Lambda touches: key patterns, as IAM reads them. */
export interface ObjectAccess {
  /** Get and head. */
  read?: readonly string[];
  /** Get and head of a given version: the upload that started the job, though it was overwritten since. */
  readVersions?: readonly string[];
  /** Put, multipart uploads included. */
  write?: readonly string[];
  /**
   * Whether the Lambda must tell that an object is not there: without the right to list, S3 answers 403
   * instead of 404. The right cannot be narrowed to a prefix, as a get or head request has none to compare:
   * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
   */
  missing?: boolean;
}

/** The one bucket: `inbox/` for uploads, `jobs/` for work in progress, `results/` for what users get. */
export class JobBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: { destroy: boolean }) {
    super(scope, id);
    this.bucket = new Bucket(this, "Bucket", {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      versioned: true,
      lifecycleRules: [
        {
          id: "expire-old-versions",
          noncurrentVersionExpiration: Duration.days(30),
          expiredObjectDeleteMarker: true,
        },
        { id: "abort-unfinished-uploads", abortIncompleteMultipartUploadAfter: Duration.days(7) },
        // OpenAI keeps a batch's files 30 days, Anthropic its results 29: no job can go on after that.
        { id: "expire-work-in-progress", prefix: "jobs/", expiration: Duration.days(30) },
      ],
      removalPolicy: props.destroy ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
      autoDeleteObjects: props.destroy,
    });
    // CDK's own `eventBridgeEnabled` deploys a custom resource, a Lambda that may change any bucket's
    // notifications; CloudFormation has had the property itself since 2021.
    (this.bucket.node.defaultChild as CfnBucket).notificationConfiguration = {
      eventBridgeConfiguration: { eventBridgeEnabled: true },
    };
  }

  /** Lets a Lambda touch the objects it needs, and no others. */
  grant(grantee: IGrantable, access: ObjectAccess): void {
    const objects = (patterns: readonly string[] = []) => patterns.map((p) => this.bucket.arnForObjects(p));
    const allow = (actions: string[], resources: string[]) => {
      if (resources.length === 0) return;
      grantee.grantPrincipal.addToPrincipalPolicy(new PolicyStatement({ actions, resources }));
    };
    allow(["s3:GetObject"], objects(access.read));
    allow(["s3:GetObjectVersion"], objects(access.readVersions));
    allow(["s3:PutObject", "s3:AbortMultipartUpload"], objects(access.write));
    if (access.missing) allow(["s3:ListBucket"], [this.bucket.bucketArn]);
  }
}
