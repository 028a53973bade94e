/** With which keys a process can reach which providers. */
import { createHash } from "node:crypto";
import { ProviderName } from "../../shared/models.ts";
import { ENV } from "../../shared/names.ts";

/** The variables that lead to each provider. */
export const PROVIDER_VARIABLES: Readonly<Record<ProviderName, { key: string; url: string }>> = {
  openai: { key: ENV.openaiKey, url: "OPENAI_BASE_URL" },
  anthropic: { key: ENV.anthropicKey, url: "ANTHROPIC_BASE_URL" },
};

/** A digest of key and address for every provider that has a key: tells whether two processes have the same. */
export type ProviderAccess = Partial<Record<ProviderName, string>>;

/** This process's access. */
export function providerAccess(): ProviderAccess {
  return Object.fromEntries(
    ProviderName.options.filter(hasKey).map((provider) => [provider, digest(provider)]),
  );
}

/** Whether this process has a key for a provider. What is no provider needs none: the job refuses it. */
export function hasKey(provider: string): boolean {
  const known = ProviderName.safeParse(provider);
  return !known.success || Boolean(process.env[PROVIDER_VARIABLES[known.data].key]?.trim());
}

function digest(provider: ProviderName): string {
  const { key, url } = PROVIDER_VARIABLES[provider];
  const text = `${process.env[key]?.trim()}\n${process.env[url] ?? ""}`;
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
