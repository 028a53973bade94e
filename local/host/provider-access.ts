/** With which keys a process can reach which providers. */
import { createHash } from "node:crypto";
import { ProviderName } from "../../shared/models.ts";
import { PROFILES } from "../../shared/providers/list.ts";
import { neededFor, type ProviderUse, type ProviderVariables } from "../../shared/providers/profile.ts";
import type { Place, ProviderAddress } from "./place.ts";

/** A digest of key and address for every provider that has a key. Two processes with the same digest have the same keys. */
export type ProviderAccess = Partial<Record<ProviderName, string>>;

export function providerAccess(): ProviderAccess {
  return Object.fromEntries(
    ProviderName.options.filter(hasKey).map((provider) => [provider, digest(provider)]),
  );
}

/** Whether this process has a key for a provider. What is no provider needs none: the job refuses it. */
function hasKey(provider: string): boolean {
  const known = ProviderName.safeParse(provider);
  return !known.success || missingVariable(known.data) === null;
}

/** The first variable that a provider cannot do without, and that is not set; null: there is none. */
export function missingVariable(provider: ProviderName, use: ProviderUse = "batches"): string | null {
  const { base_url, variables } = PROFILES[provider];
  const { key, url } = variables;
  const needed = neededFor(variables, use);
  const all = [...(base_url === null ? [url] : []), ...(key === null ? [] : [key]), ...needed];
  return all.find((name) => !process.env[name]?.trim()) ?? null;
}

/** The address that this process's environment gives a provider; undefined when it is the provider's own. */
export function addressOf(provider: string): ProviderAddress | undefined {
  const name = ProviderName.safeParse(provider).data;
  const given = name && process.env[addressVariable(name)]?.trim();
  if (!name || !given) return undefined;
  const url = (URL.parse(given)?.href ?? given).replace(/\/+$/, "");
  return url === PROFILES[name].base_url ? undefined : { provider: name, url };
}

/** The variable that gives a provider's address: the one of real time counts where it alone is set. */
export function addressVariable(provider: ProviderName): string {
  const { url, now_url } = PROFILES[provider].variables as ProviderVariables;
  return now_url && !process.env[url]?.trim() && process.env[now_url]?.trim() ? now_url : url;
}

/** Whether this process has what a job of a place needs: the provider's key for its address. */
export function canRun({ sandbox, address }: Place, provider: string): boolean {
  if (sandbox) return true;
  return hasKey(provider) && addressOf(provider)?.url === address?.url;
}

function digest(provider: ProviderName): string {
  const { key, url, now_url = url, needed } = PROFILES[provider].variables;
  const text = [key ?? "AWS_PROFILE", url, now_url, ...Object.keys(needed)]
    .map((name) => process.env[name]?.trim() ?? "")
    .join("\n");
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
