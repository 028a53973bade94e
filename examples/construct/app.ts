/**
 * Nightshift inside a stack of one's own, with its bucket, key and bus, and a tenant. To look at what it makes:
 * `npx cdk synth --app "node -C nightshift-source examples/construct/app.ts"`
 */
import { App, RemovalPolicy, Stack } from "aws-cdk-lib";
import { EventBus, Rule } from "aws-cdk-lib/aws-events";
import { SqsQueue } from "aws-cdk-lib/aws-events-targets";
import { AccountRootPrincipal, Role } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import { BlockPublicAccess, Bucket } from "aws-cdk-lib/aws-s3";
import { Queue } from "aws-cdk-lib/aws-sqs";
import { Nightshift } from "nightshift";

const stack = new Stack(new App(), "Reviews");
const encryptionKey = new Key(stack, "Key", { enableKeyRotation: true });
const bucket = new Bucket(stack, "Data", {
  encryptionKey,
  enforceSSL: true,
  // Without it no upload starts a job.
  eventBridgeEnabled: true,
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  // An upload that is overwritten while its job runs stays readable.
  versioned: true,
});
const eventBus = new EventBus(stack, "Bus", { kmsKey: encryptionKey });

const nightshift = new Nightshift(stack, "Nightshift", {
  bucket,
  encryptionKey,
  eventBus,
  jobDefaults: { provider: "openai", model: "gpt-4.1-mini", max_cost_usd: 20 },
  providerLimits: { openai: { max_requests: 10_000 } },
  tenants: { acme: { ownKeys: ["openai"], limits: { max_cost_usd: 5, max_concurrent_batches: 2 } } },
  removalPolicy: RemovalPolicy.RETAIN,
  logRetention: RetentionDays.THREE_MONTHS,
});

// Uploads to inbox/acme/ and reads what came of them, and nothing of others.
const role = new Role(stack, "Acme", { assumedBy: new AccountRootPrincipal() });
nightshift.grantTenant(role, "acme");

// The end of every job, for a program of one's own.
new Rule(stack, "JobEnded", {
  eventBus,
  eventPattern: {
    source: ["nightshift"],
    detailType: ["Batch Job State Change"],
    detail: { status: ["completed", "failed", "cancelled"] },
  },
  targets: [
    new SqsQueue(new Queue(stack, "EndedJobs", { encryptionMasterKey: encryptionKey, enforceSSL: true })),
  ],
});
