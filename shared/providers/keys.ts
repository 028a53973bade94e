import { messageOf, ProviderAuthError } from "../errors.ts";
import type { ProviderName } from "../models.ts";
import { UNSET_SECRET } from "../names.ts";
import { readSecret, recentSecret } from "../secrets/secrets.ts";
import type { Account } from "../tenants/account.ts";
import { tenantSettings } from "../tenants/tenant-settings.ts";
import { PROFILES } from "./list.ts";

/** What can stand in an HTTP header: a key with anything else is a mistake in copying, or a JSON secret. */
const KEY = /^[\x21-\x7e]+$/;

export interface ApiKey {
  key: string;
  /** The secret that holds it; undefined for a key in the environment. */
  secretId?: string | undefined;
}

/**
 * The API key of an account. A tenant's is in its secret; the stack's is in the environment, or in the secret that it names.
 * @throws ProviderAuthError that says what to set, when there is none or it cannot be read.
 */
export async function providerKey({ provider, account }: Account): Promise<ApiKey> {
  const secretId = account === undefined ? stackSecret(provider) : await tenantSecret(account, provider);
  if (typeof secretId !== "string") return secretId;
  return { key: await recentSecret(secretId, (id) => readSecretKey(id, provider)), secretId };
}

/** The secret with the stack's own key, or the key, where the environment has it. */
function stackSecret(provider: ProviderName): string | ApiKey {
  const { title, variables } = PROFILES[provider];
  if (variables.key === null || variables.secret === null) throw new Error(`${title} has no API key`);
  const key = process.env[variables.key]?.trim();
  if (key && !KEY.test(key))
    throw new ProviderAuthError(`${variables.key} holds no API key: it has spaces or odd characters`);
  if (key) return { key };
  const secretId = process.env[variables.secret]?.trim();
  if (!secretId)
    throw new ProviderAuthError(`No API key for ${title}: set ${variables.key}`, { missing: true });
  return secretId;
}

/** The secret with a tenant's own key. One that was given a moment ago is not in the settings that are known. */
async function tenantSecret(tenant: string, provider: ProviderName): Promise<string> {
  const secretId =
    (await tenantSettings(tenant)).secrets[provider] ??
    (await tenantSettings(tenant, { now: true })).secrets[provider];
  if (secretId !== undefined) return secretId;
  throw new ProviderAuthError(
    `Tenant ${tenant} no longer has a key of its own for ${PROFILES[provider].title}, with which this batch was begun: give it back its secret until its jobs have ended`,
    { missing: true },
  );
}

/**
 * The API key that a secret holds.
 * @throws ProviderAuthError when none was put there yet, it cannot be read (AWS's error is its cause), or is no key
 */
export async function readSecretKey(secretId: string, name: ProviderName): Promise<string> {
  const { title } = PROFILES[name];
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
  if (key === "" || key === UNSET_SECRET) {
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
