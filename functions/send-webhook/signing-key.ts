import { readSecret, recentSecret } from "../../shared/secrets/secrets.ts";

/** Before the key where Standard Webhooks writes one down. */
const PREFIX = "whsec_";
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Bytes of a key: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme */
const SHORTEST = 24;
const LONGEST = 64;

/**
 * The key that signs, from the secret that holds it in base64, with or without `whsec_` before it.
 * @throws Error when the secret cannot be read, or holds no such key
 */
export async function signingKey(secretId: string): Promise<Buffer> {
  return Buffer.from(await recentSecret(secretId, readKey), "base64");
}

async function readKey(secretId: string): Promise<string> {
  const text = await readSecret(secretId);
  const key = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : text;
  const { length } = Buffer.from(key, "base64");
  if (!BASE64.test(key) || length < SHORTEST || length > LONGEST) {
    throw new Error(
      `The secret ${secretId} must hold the webhook's key alone: ${SHORTEST} to ${LONGEST} bytes in base64`,
    );
  }
  return key;
}
