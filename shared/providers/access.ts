/** With what a provider is called: its address, and who pays. */
import { ProviderAuthError } from "../errors.ts";
import type { ProviderName } from "../models.ts";
import type { Account } from "../tenants/account.ts";
import { type ApiKey, providerKey } from "./keys.ts";
import { PROFILES } from "./list.ts";
import { neededFor, type ProviderUse, type ProviderVariables } from "./profile.ts";

/** An address of a provider's API, and the key or the AWS region for it. */
export type Access = {
  base_url: string;
  /** The address that is asked in real time, where the environment gives it. */
  now_url?: string | undefined;
  /** Values of the profile's `needed` variables, by name. */
  settings: Readonly<Record<string, string>>;
} & ({ kind: "key"; api_key: ApiKey } | { kind: "aws"; region: string });

/**
 * The access of an account. The address is the environment's, else the provider's own.
 * @throws ProviderAuthError that says what to set, when something is missing or a key cannot be read
 */
export async function accessOf(account: Account, use: ProviderUse = "batches"): Promise<Access> {
  const { title, variables, aws } = PROFILES[account.provider];
  const settings = Object.fromEntries(neededFor(variables, use).map((name) => [name, needed(name, title)]));
  if (!aws) {
    return {
      kind: "key",
      base_url: addressOf(account.provider),
      settings,
      api_key: await providerKey(account),
    };
  }
  const region = needed("AWS_REGION", title);
  const base_url = addressOf(account.provider).replace("{region}", region);
  const now_url = variables.now_url && process.env[variables.now_url]?.trim();
  return { kind: "aws", base_url, ...(now_url && { now_url }), settings, region };
}

/** @throws ProviderAuthError when an address holds a password: errors and logs have addresses in them */
export function refusePasswords({ base_url, now_url }: Access, variables: ProviderVariables): void {
  const addresses = [[variables.url, base_url] as const, [variables.now_url, now_url] as const];
  const bad = addresses.find(([, address]) => address !== undefined && holdsPassword(address));
  if (bad)
    throw new ProviderAuthError(`${bad[0]} holds a user name or a password: take them out of the address`);
}

/** Whether an address holds a user name or a password, also one that no program can read. */
export function holdsPassword(address: string): boolean {
  const url = URL.parse(address);
  return url ? url.username !== "" || url.password !== "" : /^\w+:\/\/[^/?#]*@/.test(address);
}

/** @throws ProviderAuthError when the provider has no address */
function addressOf(provider: ProviderName): string {
  const { title, variables, base_url } = PROFILES[provider];
  return process.env[variables.url]?.trim() || (base_url ?? needed(variables.url, title));
}

function needed(variable: string, title: string): string {
  const value = process.env[variable]?.trim();
  if (value) return value;
  throw new ProviderAuthError(`${title} needs ${variable}: set it`, { missing: true });
}

/** The API key. @throws Error for an access that has none: AWS signs */
export function keyOf(access: Access): string {
  if (access.kind === "key") return access.api_key.key;
  throw new Error("this protocol needs an API key");
}
