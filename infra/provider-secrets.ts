import { type IGrantable, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { ISecret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import type { ProviderName } from "../shared/models.ts";
import { type NamedSecret, unsetSecret } from "./unset-secret.ts";

/** What the secrets are made of. */
export interface ProviderSecretsProps {
  /** First part of the names of those that are made. */
  prefix: string;
  /** Secrets that are there already, each with an API key alone as its text. */
  existing: Partial<Record<ProviderName, ISecret>>;
  encryptionKey: IKey | undefined;
}

/** The providers' keys, one secret each. */
export class ProviderSecrets extends Construct {
  readonly openai: NamedSecret;
  readonly anthropic: NamedSecret;

  constructor(scope: Construct, id: string, props: ProviderSecretsProps) {
    super(scope, id);
    this.openai = this.secretOf("OpenAi", "openai", props);
    this.anthropic = this.secretOf("Anthropic", "anthropic", props);
  }

  private secretOf(id: string, provider: ProviderName, props: ProviderSecretsProps): NamedSecret {
    const existing = props.existing[provider];
    if (existing) return { name: existing.secretName, secret: existing };
    return unsetSecret(this, id, {
      prefix: props.prefix,
      name: provider,
      description: `Nightshift: the API key for ${provider}`,
      encryptionKey: props.encryptionKey,
    });
  }

  /** Lets a Lambda read the keys. */
  grantRead(grantee: IGrantable): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ["secretsmanager:GetSecretValue"],
        resources: [this.openai.secret.secretArn, this.anthropic.secret.secretArn],
      }),
    );
    for (const { secret } of [this.openai, this.anthropic])
      secret.encryptionKey?.grant(grantee, "kms:Decrypt");
  }
}
