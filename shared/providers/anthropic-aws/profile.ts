import { anthropicProfile } from "../anthropic/profile.ts";
import type { ProviderProfile } from "../profile.ts";

const WORKSPACE = "aws-external-anthropic:{region}:{account}:workspace/{ANTHROPIC_AWS_WORKSPACE_ID}";

/**
 * Claude Platform on AWS: Anthropic's Message Batches with AWS credentials in place of a key. Limits and prices are the
 * same. A workspace is in one region.
 * https://docs.aws.amazon.com/claude-platform/latest/userguide/
 */
export const anthropicAwsProfile = {
  ...anthropicProfile,
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
      { actions: ["aws-external-anthropic:CreateBatchInference"], resource: WORKSPACE, to: "create" },
      {
        actions: ["GetBatchInference", "ListBatchInferences", "CancelBatchInference"].map(
          (action) => `aws-external-anthropic:${action}`,
        ),
        resource: WORKSPACE,
        to: "batch",
      },
      { actions: ["aws-external-anthropic:CreateInference"], resource: WORKSPACE, to: "ask" },
    ],
  },
  pages: { ...anthropicProfile.pages, keys: "https://docs.aws.amazon.com/claude-platform/latest/userguide/" },
} as const satisfies ProviderProfile;
