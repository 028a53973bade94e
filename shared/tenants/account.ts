/**
 * Accounts at the providers: the stack's own, and those of tenants that have a key of their own. What a provider limits, it limits by
 * account, and a batch is in the account that made it.
 */
import type { ProviderName } from "../models.ts";
import { tenantOfJob } from "./tenant.ts";
import { tenantSettings } from "./tenant-settings.ts";

export interface Account {
  provider: ProviderName;
  /** The tenant whose own it is; absent for the stack's. */
  account?: string | undefined;
}

/** The account in which a job's next round is made: its tenant's, if that has a key of its own. */
export async function accountOf(job_id: string, provider: ProviderName): Promise<Account> {
  const tenant = tenantOfJob(job_id);
  const { secrets } = await tenantSettings(tenant);
  return { provider, account: secrets[provider] === undefined ? undefined : tenant };
}

/** An account's name in the keys of records: `openai`, or `openai@acme`. */
export function accountName({ provider, account }: Account): string {
  return account === undefined ? provider : `${provider}@${account}`;
}
