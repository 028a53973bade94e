import Anthropic from "@anthropic-ai/sdk";
import type { Access } from "../access.ts";
import { AnthropicProvider } from "../anthropic/provider.ts";
import type { ProviderProfile } from "../profile.ts";
import type { Provider } from "../provider.ts";
import { AwsSigner } from "../wire/aws-signer.ts";
import { CLIENT_OPTIONS } from "../wire/sdk-client.ts";

/** Anthropic's Message Batches, signed with AWS credentials: a Lambda's role, or the user's own. */
export function anthropicAwsProvider(access: Access, profile: ProviderProfile): Provider {
  if (access.kind !== "aws" || !profile.aws) throw new Error("Claude Platform on AWS takes no key");
  const signer = new AwsSigner(profile.aws.service, access.region);
  const client = new Anthropic({
    ...CLIENT_OPTIONS,
    baseURL: access.base_url,
    // The SDK wants one. The signature takes its place.
    apiKey: "aws",
    defaultHeaders: { "anthropic-workspace-id": access.settings.ANTHROPIC_AWS_WORKSPACE_ID ?? "" },
    fetch: signer.fetch(CLIENT_OPTIONS.fetch),
    openTelemetry: false,
  });
  return new AnthropicProvider(client, access, profile, signer);
}
