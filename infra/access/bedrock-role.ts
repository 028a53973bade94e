import { Stack } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { batchesPrefix, bedrockPrefix } from "../../shared/objects/keys.ts";
import { grantKeyUse } from "../storage/storage-policy.ts";
import { explainWildcards } from "./wildcards.ts";

/** The role with which Bedrock reads requests and writes results of jobs in the bucket. */
export class BedrockRole extends Construct {
  /** Values of the variables that Bedrock's profile needs. */
  readonly variables: Readonly<Record<string, string>>;

  constructor(scope: Construct, id: string, bucket: IBucket, encryptionKey: IKey | undefined) {
    super(scope, id);
    const { partition, region, account } = Stack.of(this);
    const bedrock = `arn:${partition}:bedrock:${region}:${account}`;
    const role = new Role(this, "Role", {
      description: "Nightshift: what Bedrock may do for batch jobs",
      assumedBy: new ServicePrincipal("bedrock.amazonaws.com", {
        conditions: {
          StringEquals: { "aws:SourceAccount": account },
          ArnLike: { "aws:SourceArn": `${bedrock}:model-invocation-job/*` },
        },
      }),
    });
    const requests = bucket.arnForObjects(`${batchesPrefix("*")}*.request.jsonl`);
    const results = bucket.arnForObjects(`${bedrockPrefix("*")}*`);
    // Bedrock calls models of a cross-region profile with this role.
    const models = [`arn:${partition}:bedrock:*::foundation-model/*`, `${bedrock}:inference-profile/*`];
    const allow = (actions: string[], resources: string[]) => {
      role.addToPolicy(new PolicyStatement({ actions, resources }));
      explainWildcards(role, resources, "Requests and results of any job, and the model that a job names");
    };
    allow(["s3:GetObject"], [requests, results]);
    allow(["s3:PutObject"], [results]);
    allow(["s3:ListBucket"], [bucket.bucketArn]);
    allow(["bedrock:InvokeModel"], models);
    grantKeyUse(bucket.encryptionKey ?? encryptionKey, role);
    this.variables = {
      NIGHTSHIFT_BEDROCK_BUCKET: `s3://${bucket.bucketName}/jobs`,
      NIGHTSHIFT_BEDROCK_ROLE_ARN: role.roleArn,
    };
  }
}
