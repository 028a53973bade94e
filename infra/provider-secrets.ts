import { Aws, Fn, SecretValue } from "aws-cdk-lib";
import { type IGrantable, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";

/** A provider's key in Secrets Manager. */
export interface ProviderSecret {
  name: string;
  secret: Secret;
}

/** The providers' keys, one secret each. */
export class ProviderSecrets extends Construct {
  readonly openai: ProviderSecret;
  readonly anthropic: ProviderSecret;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.openai = this.make("OpenAi", "openai");
    this.anthropic = this.make("Anthropic", "anthropic");
  }

  private make(id: string, provider: string): ProviderSecret {
    // A deleted secret keeps its name for up to 30 days, so a stack that is made again needs new ones: the
    // stack's id ends in a UUID. A name of our own at all, because one that CloudFormation makes up can only
    // be had by taking the ARN apart.
    const uuid = Fn.select(2, Fn.split("/", Aws.STACK_ID));
    const name = Fn.join("-", [Aws.STACK_NAME, provider, Fn.select(0, Fn.split("-", uuid))]);
    const secret = new Secret(this, id, {
      secretName: name,
      description: `Nightshift: the API key for ${provider}`,
      // A first deploy must work before there is a key. CloudFormation writes the value again only when the
      // template's changes, so a later deploy leaves the user's key alone.
      secretStringValue: SecretValue.unsafePlainText("unset"),
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
  }
}
