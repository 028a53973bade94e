/** Secrets, read at run time: one that is rotated arrives by itself, without a deployment. */
import { AWS_CLIENT } from "../aws-client.ts";
import { Recent } from "./recent.ts";

const secrets = new Recent<string>();

/** A secret's text, trimmed, as it is now; empty when it has none. @throws AWS's error */
export async function readSecret(secretId: string): Promise<string> {
  // A key that is in the environment needs no client.
  const { GetSecretValueCommand, SecretsManagerClient } = await import("@aws-sdk/client-secrets-manager");
  const answer = await new SecretsManagerClient(AWS_CLIENT).send(
    new GetSecretValueCommand({ SecretId: secretId }),
  );
  return answer.SecretString?.trim() ?? "";
}

/** What `read` makes of a secret, at most five minutes old. What it throws is thrown, and not remembered. */
export function recentSecret(secretId: string, read: (secretId: string) => Promise<string>): Promise<string> {
  return secrets.get(secretId, read);
}
