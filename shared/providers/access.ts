/** With what a provider is called: its address, and the key that pays. */
import type { Account } from "../tenants/account.ts";
import { type ApiKey, providerKey } from "./keys.ts";
import { PROFILES } from "./list.ts";

/** An address of a provider's API, and the key for it. */
export interface Access {
  base_url: string;
  api_key: ApiKey;
}

/**
 * The access of an account. The address is the environment's, else the provider's own.
 * @throws ProviderAuthError that says what to set, when there is no key or it cannot be read
 */
export async function accessOf(account: Account): Promise<Access> {
  const { variables, base_url } = PROFILES[account.provider];
  return { base_url: process.env[variables.url]?.trim() || base_url, api_key: await providerKey(account) };
}
