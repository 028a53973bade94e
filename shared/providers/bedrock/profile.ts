import type { ProviderProfile } from "../profile.ts";

/** Inference profiles: AWS's own, which lead to models in several regions, and the account's. */
const INFERENCE_PROFILES = ["inference-profile", "application-inference-profile"].map(
  (kind) => `bedrock:{region}:{account}:${kind}/*`,
);

/**
 * Amazon Bedrock's batch inference (`CreateModelInvocationJob`): requests and results are objects in S3. In real time it is asked
 * by `Converse` and `InvokeModel`.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference.html
 */
export const bedrockProfile = {
  title: "Amazon Bedrock",
  id: "Bedrock",
  protocol: "bedrock",
  variables: {
    key: null,
    secret: null,
    url: "AWS_ENDPOINT_URL_BEDROCK",
    now_url: "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
    needed: {
      NIGHTSHIFT_BEDROCK_BUCKET: "s3://my-bucket/nightshift",
      NIGHTSHIFT_BEDROCK_ROLE_ARN: "arn:aws:iam::123456789012:role/nightshift-batch",
    },
    needed_for: "batches",
  },
  base_url: "https://bedrock.{region}.amazonaws.com",
  aws: {
    service: "bedrock",
    grants: [
      {
        actions: ["bedrock:CreateModelInvocationJob"],
        resource: "bedrock:{region}::foundation-model/*",
        to: "create",
      },
      // The job itself, an inference profile, or a model of one's own.
      {
        actions: ["bedrock:CreateModelInvocationJob"],
        resource: "bedrock:{region}:{account}:*",
        to: "create",
      },
      {
        actions: ["bedrock:GetModelInvocationJob", "bedrock:StopModelInvocationJob"],
        resource: "bedrock:{region}:{account}:model-invocation-job/*",
        to: "batch",
      },
      { actions: ["bedrock:ListModelInvocationJobs"], resource: "*", to: "batch" },
      { actions: ["iam:PassRole"], resource: "{NIGHTSHIFT_BEDROCK_ROLE_ARN}", to: "create" },
      // `Converse` needs the same. A job names its model. Models of other regions are there through a profile alone.
      ...["bedrock:{region}::foundation-model/*", ...INFERENCE_PROFILES].map((resource) => ({
        actions: ["bedrock:InvokeModel"],
        resource,
        to: "ask" as const,
      })),
      {
        actions: ["bedrock:InvokeModel"],
        resource: "bedrock:*::foundation-model/*",
        to: "ask",
        condition: { "bedrock:InferenceProfileArn": INFERENCE_PROFILES },
      },
    ],
  },
  pages: {
    keys: "https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference-permissions.html",
    status: "https://health.aws.amazon.com/health/status",
  },
  price: { list: "aws", batch_share: 0.5 },
  // Quotas are per model and region, and can be raised: `providerLimits` overrides them. A file has at most 1 GB. Bedrock echoes
  // each request in its result, so that a smaller file is taken here.
  limits: {
    max_requests: 50_000,
    max_bytes: 200_000_000,
    min_requests: 100,
    longest_hours: 168,
    now_per_minute: 60,
  },
  // Service Quotas, "Records per batch inference job", November 2026.
  model_limits: [
    { model: "amazon.titan-embed-text-v2", limits: { max_requests: 100_000 } },
    { model: "anthropic.claude-sonnet-4-6", limits: { max_requests: 100_000 } },
  ],
  window_hours: [24, 168],
  endpoints: ["/v1/chat/completions", "/v1/embeddings", "invoke-model"],
} as const satisfies ProviderProfile;
