import type { Access } from "../access.ts";
import { AnthropicProvider } from "../anthropic/provider.ts";
import type { ProviderProfile } from "../profile.ts";
import type { Provider } from "../provider.ts";
import { AwsSigner } from "../wire/aws-signer.ts";

/** Anthropic's Message Batches, signed with AWS credentials: a Lambda's role, or the user's own. */
export function anthropicAwsProvider(access: Access, profile: ProviderProfile): Provider {
  if (access.kind !== "aws" || !profile.aws) throw new Error("Claude Platform on AWS takes no key");
  const signer = new AwsSigner(profile.aws.service, access.region);
  const headers = { "anthropic-workspace-id": access.settings.ANTHROPIC_AWS_WORKSPACE_ID ?? "" };
  return new AnthropicProvider(headers, access, profile, signer);
}
