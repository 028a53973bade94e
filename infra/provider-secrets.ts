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
  existing: Partial<Record<ProviderName, ISecret>> | undefined;
  encryptionKey: IKey | undefined;
}

/** The stack's own keys at the providers, one secret each. */
export class ProviderSecrets extends Construct {
  readonly openai: NamedSecret;
  readonly anthropic: NamedSecret;

  constructor(scope: Construct, id: string, props: ProviderSecretsProps) {
    super(scope, id);
    this.openai = providerSecret(this, "OpenAi", "openai", props);
    this.anthropic = providerSecret(this, "Anthropic", "anthropic", props);
  }

  /** Lets a Lambda read the keys. */
  grantRead(grantee: IGrantable): void {
    grantSecrets(grantee, [this.openai, this.anthropic]);
  }
}

/** The secret for a provider's key: the one that is there already, or a new one. */
export function providerSecret(
  scope: Construct,
  id: string,
  provider: ProviderName,
  { prefix, existing, encryptionKey }: ProviderSecretsProps,
): NamedSecret {
  const given = existing?.[provider];
  if (given) return { name: given.secretName, secret: given };
  const description = `Nightshift: the API key for ${provider}`;
  return unsetSecret(scope, id, { prefix, name: provider, description, encryptionKey });
}

/** Lets a Lambda read secrets. */
export function grantSecrets(grantee: IGrantable, secrets: readonly NamedSecret[]): void {
  if (secrets.length === 0) return;
  grantee.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({
      actions: ["secretsmanager:GetSecretValue"],
      resources: secrets.map(({ secret }) => arnOf(secret)),
    }),
  );
  for (const { secret } of secrets) secret.encryptionKey?.grant(grantee, "kms:Decrypt");
}

/** As IAM knows it: Secrets Manager adds six characters to a name, which who gives a secret by its name does not know. */
function arnOf({ secretFullArn, secretArn }: ISecret): string {
  return secretFullArn ?? `${secretArn}-??????`;
}
