import { messageOf, ProviderAuthError } from "./errors.ts";
import type { ProviderName } from "./models.ts";
import { ENV } from "./names.ts";
import { readSecret, recentSecret } from "./secrets.ts";

const NAMES: Record<ProviderName, { title: string; keyVariable: string; secretVariable: string }> = {
  openai: { title: "OpenAI", keyVariable: ENV.openaiKey, secretVariable: ENV.openaiSecret },
  anthropic: { title: "Anthropic", keyVariable: ENV.anthropicKey, secretVariable: ENV.anthropicSecret },
};

/** What the stack puts into a secret so that a first deployment works. */
const PLACEHOLDER = "unset";

/** What can stand in an HTTP header: a key with anything else is a mistake in copying, or a JSON secret. */
const KEY = /^[\x21-\x7e]+$/;

/**
 * A provider's API key: the environment's, else the secret that the environment names.
 * @throws ProviderAuthError that says what to set, when there is none or it cannot be read.
 */
export async function providerKey(name: ProviderName): Promise<string> {
  const { title, keyVariable, secretVariable } = NAMES[name];
  const key = process.env[keyVariable]?.trim();
  if (key && !KEY.test(key))
    throw new ProviderAuthError(`${keyVariable} holds no API key: it has spaces or odd characters`);
  if (key) return key;
  const secretId = process.env[secretVariable]?.trim();
  if (!secretId)
    throw new ProviderAuthError(`No API key for ${title}: set ${keyVariable}`, { missing: true });
  return recentSecret(secretId, (id) => readSecretKey(id, name));
}

/**
 * The API key that a secret holds.
 * @throws ProviderAuthError when none was put there yet, when it cannot be read (AWS's error is its cause), or is no key
 */
export async function readSecretKey(secretId: string, name: ProviderName): Promise<string> {
  const { title } = NAMES[name];
  let key: string;
  try {
    key = await readSecret(secretId);
  } catch (cause) {
    throw new ProviderAuthError(
      `The secret ${secretId} with ${title}'s API key cannot be read: ${messageOf(cause)}`,
      {
        cause,
      },
    );
  }
  if (key === "" || key === PLACEHOLDER) {
    throw new ProviderAuthError(
      `The secret ${secretId} holds no API key for ${title} yet; set it with: ` +
        `aws secretsmanager put-secret-value --secret-id ${secretId} --secret-string YOUR_KEY`,
      { missing: true },
    );
  }
  if (!KEY.test(key) || key.startsWith("{")) {
    throw new ProviderAuthError(
      `The secret ${secretId} must hold ${title}'s API key alone: no JSON, no spaces`,
    );
  }
  return key;
}
