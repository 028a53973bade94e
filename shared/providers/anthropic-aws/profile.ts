import type { ProviderProfile } from "../profile.ts";

const WORKSPACE = "aws-external-anthropic:{region}:{account}:workspace/{ANTHROPIC_AWS_WORKSPACE_ID}";

/**
 * Claude Platform on AWS: Anthropic's Message Batches with AWS credentials in place of a key. A workspace is in one region.
 * https://docs.aws.amazon.com/claude-platform/latest/userguide/
 */
export const anthropicAwsProfile = {
  title: "Claude Platform on AWS",
  id: "AnthropicAws",
  protocol: "anthropic-aws",
  variables: {
    key: null,
    secret: null,
    url: "ANTHROPIC_AWS_BASE_URL",
    needed: { ANTHROPIC_AWS_WORKSPACE_ID: "wrkspc_01Example" },
  },
  base_url: "https://aws-external-anthropic.{region}.api.aws",
  aws: {
    service: "aws-external-anthropic",
    grants: [
      { actions: ["aws-external-anthropic:CreateBatchInference"], resource: WORKSPACE, to_create: true },
      {
        actions: ["GetBatchInference", "ListBatchInferences", "CancelBatchInference"].map(
          (action) => `aws-external-anthropic:${action}`,
        ),
        resource: WORKSPACE,
      },
    ],
  },
  pages: {
    keys: "https://docs.aws.amazon.com/claude-platform/latest/userguide/",
    status: "https://status.claude.com",
  },
  price: { list: "anthropic", batch_share: 0.5 },
  limits: { max_requests: 100_000, max_bytes: 256_000_000, longest_hours: 24, now_per_minute: 50 },
  window_hours: [24, 24],
  endpoints: [],
  mixes_models: true,
  limits_queued_tokens: false,
  quirks: {},
} as const satisfies ProviderProfile;
