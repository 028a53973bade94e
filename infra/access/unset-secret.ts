import { Aws, Fn, SecretValue, Validations } from "aws-cdk-lib";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { type ISecret, Secret } from "aws-cdk-lib/aws-secretsmanager";
import type { Construct } from "constructs";
import { UNSET_SECRET } from "../../shared/names.ts";

/** A secret, and the name by which people know it. */
export interface NamedSecret {
  name: string;
  secret: ISecret;
}

export interface UnsetSecretProps {
  /** First part of its name: whose it is. */
  prefix: string;
  name: string;
  description: string;
  encryptionKey: IKey | undefined;
}

/** A secret that a person fills in after the first deployment, and that no later one changes. */
export function unsetSecret(scope: Construct, id: string, props: UnsetSecretProps): NamedSecret {
  // A deleted secret keeps its name for up to 30 days. A stack that is made again needs new ones: its id ends in a
  // UUID. A name that CloudFormation makes up could only be had by taking the ARN apart.
  const uuid = Fn.select(2, Fn.split("/", Aws.STACK_ID));
  const name = Fn.join("-", [props.prefix, props.name, Fn.select(0, Fn.split("-", uuid))]);
  const secret = new Secret(scope, id, {
    secretName: name,
    description: props.description,
    ...(props.encryptionKey && { encryptionKey: props.encryptionKey }),
    // A first deploy must work before there is a value. CloudFormation writes it again only when the
    // template's changes, so a later deploy leaves the user's alone.
    secretStringValue: SecretValue.unsafePlainText(UNSET_SECRET),
  });
  Validations.of(secret).acknowledge({
    id: "AwsSolutions-SMG4",
    reason:
      "Secrets of the providers are made by people; a new one is used five minutes after it was put here",
  });
  return { name, secret };
}
