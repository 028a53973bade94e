/** The secret with which OpenAI signs its webhooks: `whsec_` and base64, as its console shows it once. */
import { randomBytes } from "node:crypto";
import { UNSET_SECRET } from "../names.ts";
import { readSecret } from "./secrets.ts";

/** OpenAI's form, which is that of Standard Webhooks: https://github.com/standard-webhooks/standard-webhooks */
const SIGNING_SECRET = /^whsec_[A-Za-z0-9+/]+={0,2}$/;

export const isSigningSecret = (text: string): boolean => SIGNING_SECRET.test(text);

/** A new one, as OpenAI would make it. */
export const newSigningSecret = (): string => `whsec_${randomBytes(32).toString("base64")}`;

/**
 * The signing secret that a secret of AWS holds.
 * @throws Error that says what to do when there is none yet, or it is no such secret; AWS's error when it cannot be read
 */
export async function readSigningSecret(secretId: string): Promise<string> {
  const secret = await readSecret(secretId);
  if (isSigningSecret(secret)) return secret;
  const wrong = secret === UNSET_SECRET ? "holds no" : "must hold the";
  throw new Error(
    `The secret ${secretId} ${wrong} signing secret of OpenAI's webhooks alone (whsec_…); set it with: ` +
      `aws secretsmanager put-secret-value --secret-id ${secretId} --secret-string YOUR_SIGNING_SECRET`,
  );
}
