import type { ProviderName } from "../models.ts";
import { type Account, accountName } from "../tenants/account.ts";
import { type ApiKey, providerKey } from "./keys.ts";
import type { Provider } from "./provider.ts";

/** Imported when first asked for: a Lambda loads only the SDK of its job's provider. */
const PROVIDERS: Record<ProviderName, () => Promise<(apiKey: ApiKey) => Provider>> = {
  openai: async () => (await import("./openai/provider.ts")).openaiProvider,
  anthropic: async () => (await import("./anthropic/provider.ts")).anthropicProvider,
};

const clients = new Map<string, { key: string; provider: Provider }>();

/**
 * The provider of an account, with its key; one client an account and process for as long as the key
 * stays the same.
 * @throws ProviderAuthError when no key is set.
 */
export async function providerOf(account: Account): Promise<Provider> {
  const apiKey = await providerKey(account);
  const name = accountName(account);
  const known = clients.get(name);
  if (known?.key === apiKey.key) return known.provider;
  const provider = (await PROVIDERS[account.provider]())(apiKey);
  clients.set(name, { key: apiKey.key, provider });
  return provider;
}
