import { SecretValue } from "aws-cdk-lib";
import { type IGrantable, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";

/** The providers' keys, one secret each. */
export class ProviderSecrets extends Construct {
  readonly openai: Secret;
  readonly anthropic: Secret;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    // A first deploy must work before there is a key. CloudFormation writes the value again only when
    // the template's changes, so a later deploy leaves the user's key alone.
    const secretStringValue = SecretValue.unsafePlainText("unset");
    this.openai = new Secret(this, "OpenAi", {
      description: "Nightshift: OpenAI API key",
      secretStringValue,
    });
    this.anthropic = new Secret(this, "Anthropic", {
      description: "Nightshift: Anthropic API key",
      secretStringValue,
    });
  }

  /** Lets a Lambda read the keys. */
  grantRead(grantee: IGrantable): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ["secretsmanager:GetSecretValue"],
        resources: [this.openai.secretArn, this.anthropic.secretArn],
      }),
    );
  }
}
