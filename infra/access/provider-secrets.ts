import type { IGrantable } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { ISecret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import type { ProviderName } from "../../shared/models.ts";
import { PROFILES } from "../../shared/providers/list.ts";
import { grantSecrets } from "./secret-access.ts";
import { type NamedSecret, unsetSecret } from "./unset-secret.ts";

export interface ProviderSecretsProps {
  providers: readonly ProviderName[];
  /** First part of the names of those that are made. */
  prefix: string;
  /** Secrets that are there already, each with an API key alone as its text. */
  existing: Partial<Record<ProviderName, ISecret>> | undefined;
  encryptionKey: IKey | undefined;
}

/** The stack's own keys at the providers, one secret each. */
export class ProviderSecrets extends Construct {
  readonly secrets: ReadonlyMap<ProviderName, NamedSecret>;

  constructor(scope: Construct, id: string, props: ProviderSecretsProps) {
    super(scope, id);
    this.secrets = new Map(
      props.providers
        .filter((name) => !PROFILES[name].aws)
        .map((name) => [name, providerSecret(this, PROFILES[name].id, name, props)]),
    );
  }

  /** What a Lambda's environment must say to find the keys. */
  environment(): Record<string, string> {
    const entries = [...this.secrets].map(([name, { secret }]) => [
      PROFILES[name].variables.secret ?? name,
      secret.secretArn,
    ]);
    return Object.fromEntries(entries);
  }

  grantRead(grantee: IGrantable): void {
    grantSecrets(grantee, ...[...this.secrets.values()].map(({ secret }) => secret));
  }
}

/** The secret for a provider's key: the one that is there already, or a new one. */
export function providerSecret(
  scope: Construct,
  id: string,
  provider: ProviderName,
  { prefix, existing, encryptionKey }: Omit<ProviderSecretsProps, "providers">,
): NamedSecret {
  const given = existing?.[provider];
  if (given) return { name: given.secretName, secret: given };
  const description = `Nightshift: the API key for ${provider}`;
  return unsetSecret(scope, id, { prefix, name: provider, description, encryptionKey });
}
