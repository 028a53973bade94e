import { type Account, accountName } from "../tenants/account.ts";
import { type Access, accessOf, refusePasswords } from "./access.ts";
import { PROFILES } from "./list.ts";
import type { Protocol, ProviderProfile, ProviderUse } from "./profile.ts";
import type { Provider } from "./provider.ts";

export type MakeProvider = (access: Access, profile: ProviderProfile) => Provider;

/** Imported when first asked for: a Lambda loads only the code of its job's provider. */
const PROTOCOLS: Record<Protocol, () => Promise<MakeProvider>> = {
  openai: async () => (await import("./openai/provider.ts")).openaiProvider,
  bedrock: async () => (await import("./bedrock/provider.ts")).bedrockProvider,
  gemini: async () => (await import("./gemini/provider.ts")).geminiProvider,
  mistral: async () => (await import("./mistral/provider.ts")).mistralProvider,
  "anthropic-aws": async () => (await import("./anthropic-aws/provider.ts")).anthropicAwsProvider,
  anthropic: async () => (await import("./anthropic/provider.ts")).anthropicProvider,
};

const clients = new Map<string, { access: string; provider: Provider }>();

/**
 * The provider of an account. One client serves an account for as long as its access stays the same.
 * @throws ProviderAuthError when no key is set, or its address holds a password.
 */
export async function providerOf(account: Account, use?: ProviderUse): Promise<Provider> {
  const access = await accessOf(account, use);
  const fingerprint = JSON.stringify(access);
  const name = accountName(account);
  const known = clients.get(name);
  if (known?.access === fingerprint) return known.provider;
  const profile = PROFILES[account.provider];
  refusePasswords(access, profile.variables);
  const provider = (await PROTOCOLS[profile.protocol]())(access, profile);
  clients.set(name, { access: fingerprint, provider });
  return provider;
}
