/** With what a provider is called: its address, and the key that pays. */
import { ProviderAuthError } from "../errors.ts";
import type { ProviderName } from "../models.ts";
import type { Account } from "../tenants/account.ts";
import { type ApiKey, providerKey } from "./keys.ts";
import { PROFILES } from "./list.ts";

/** An address of a provider's API, and the key for it. */
export interface Access {
  base_url: string;
  api_key: ApiKey;
}

/** @throws ProviderAuthError when the provider has no address of its own, and the environment gives none */
function addressOf(provider: ProviderName): string {
  const { title, variables, base_url } = PROFILES[provider];
  const address = process.env[variables.url]?.trim() || base_url;
  if (address) return address;
  throw new ProviderAuthError(`No address of ${title}: set ${variables.url}`, { missing: true });
}

/**
 * The access of an account. The address is the environment's, else the provider's own.
 * @throws ProviderAuthError that says what to set, when there is no key or it cannot be read
 */
export async function accessOf(account: Account): Promise<Access> {
  return { base_url: addressOf(account.provider), api_key: await providerKey(account) };
}
