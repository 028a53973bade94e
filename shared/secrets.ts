/** Secrets, read at run time: one that is rotated arrives by itself, without a deployment. */
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

/** How long what was read is used, in ms. */
const LIFETIME = 5 * 60_000;

const known = new Map<string, { value: string; readAt: number }>();

/** A secret's text, trimmed, as it is now; empty when it has none. @throws AWS's error */
export async function readSecret(secretId: string): Promise<string> {
  const answer = await new SecretsManagerClient({}).send(new GetSecretValueCommand({ SecretId: secretId }));
  return answer.SecretString?.trim() ?? "";
}

/** What `read` makes of a secret, at most five minutes old. What it throws is thrown, and not remembered. */
export async function recentSecret(
  secretId: string,
  read: (secretId: string) => Promise<string>,
): Promise<string> {
  const recent = known.get(secretId);
  if (recent && Date.now() - recent.readAt < LIFETIME) return recent.value;
  const value = await read(secretId);
  known.set(secretId, { value, readAt: Date.now() });
  return value;
}
