import { Aws, Fn, SecretValue, Validations } from "aws-cdk-lib";
import { type IGrantable, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { type ISecret, Secret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import type { ProviderName } from "../shared/models.ts";

/** A provider's key in Secrets Manager. */
export interface ProviderSecret {
  name: string;
  secret: ISecret;
}

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
  readonly openai: ProviderSecret;
  readonly anthropic: ProviderSecret;

  constructor(scope: Construct, id: string, props: ProviderSecretsProps) {
    super(scope, id);
    this.openai = this.secretOf("OpenAi", "openai", props);
    this.anthropic = this.secretOf("Anthropic", "anthropic", props);
  }

  private secretOf(id: string, provider: ProviderName, props: ProviderSecretsProps): ProviderSecret {
    const existing = props.existing[provider];
    if (existing) return { name: existing.secretName, secret: existing };
    // A deleted secret keeps its name for up to 30 days, so a stack that is made again needs new ones: the
    // stack's id ends in a UUID. A name of our own at all, because one that CloudFormation makes up can only
    // be had by taking the ARN apart.
    const uuid = Fn.select(2, Fn.split("/", Aws.STACK_ID));
    const name = Fn.join("-", [props.prefix, provider, Fn.select(0, Fn.split("-", uuid))]);
    const secret = new Secret(this, id, {
      secretName: name,
      description: `Nightshift: the API key for ${provider}`,
      ...(props.encryptionKey && { encryptionKey: props.encryptionKey }),
      // A first deploy must work before there is a key. CloudFormation writes the value again only when the
      // template's changes, so a later deploy leaves the user's key alone.
      secretStringValue: SecretValue.unsafePlainText("unset"),
    });
    Validations.of(secret).acknowledge({
      id: "AwsSolutions-SMG4",
      reason: "The providers' keys are made by people; a new one is used five minutes after it was put here",
    });
    return { name, secret };
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
