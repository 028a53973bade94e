import { type IGrantable, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { ISecret } from "aws-cdk-lib/aws-secretsmanager";

/** Lets a Lambda read what secrets hold now, and nothing else of them. */
export function grantSecrets(grantee: IGrantable, ...secrets: readonly ISecret[]): void {
  if (secrets.length === 0) return;
  grantee.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({
      actions: ["secretsmanager:GetSecretValue"],
      resources: secrets.map(arnOf),
    }),
  );
  for (const { encryptionKey } of secrets) encryptionKey?.grant(grantee, "kms:Decrypt");
}

/** As IAM knows it: Secrets Manager adds six characters to a name, which who gives a secret by its name does not know. */
function arnOf({ secretFullArn, secretArn }: ISecret): string {
  return secretFullArn ?? `${secretArn}-??????`;
}
