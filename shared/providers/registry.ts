import type { ProviderName } from "../models.ts";
import { providerKey } from "../provider-keys.ts";
import type { Provider } from "./provider.ts";

/** Imported when first asked for: a Lambda loads only the SDK of its job's provider. */
const PROVIDERS: Record<ProviderName, () => Promise<(apiKey: string) => Provider>> = {
  openai: async () => (await import("./openai.ts")).openaiProvider,
  anthropic: async () => (await import("./anthropic.ts")).anthropicProvider,
};

const clients = new Map<ProviderName, { key: string; provider: Provider }>();

/**
 * The provider of that name, with its key; one client a process for as long as the key stays the
 * same.
 * @throws ProviderAuthError when no key is set.
 */
export async function providerOf(name: ProviderName): Promise<Provider> {
  const key = await providerKey(name);
  const known = clients.get(name);
  if (known?.key === key) return known.provider;
  const provider = (await PROVIDERS[name]())(key);
  clients.set(name, { key, provider });
  return provider;
}
