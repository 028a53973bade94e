/** Whether this process can call a provider: its key, and its address. */
import type { Place } from "../local/host/place.ts";
import { addressOf, addressVariable, missingVariable } from "../local/host/provider-access.ts";
import { ProviderName } from "../shared/models.ts";
import { PROFILES } from "../shared/providers/list.ts";
import type { ProviderUse } from "../shared/providers/profile.ts";
import { UsageError } from "./exit-codes.ts";

/** @throws UsageError when something is not set that a use of a provider needs; what is no provider needs nothing */
export function requireKey(name: string, use?: ProviderUse): void {
  // A provider that only the file names, and that is unknown, is for the job to refuse.
  const provider = ProviderName.safeParse(name).data;
  const missing = provider && missingVariable(provider, use);
  if (!provider || !missing) return;
  const { title, variables } = PROFILES[provider];
  const what = missing === variables.key ? `no API key for ${title}: set` : `${title} needs a setting: set`;
  throw new UsageError(
    `${what} ${missing}, or add --sandbox to try it without a key (made-up answers, no network)`,
  );
}

/** @throws UsageError when a provider is called elsewhere than the one whose address selected the data: nobody could run its jobs */
export function requireAddress(name: ProviderName, selected: ProviderName): void {
  const [here, there] = [addressOf(name)?.url, addressOf(selected)?.url];
  if (here === there) return;
  throw new UsageError(
    `${PROFILES[name].title} is called at ${here ?? "its own address"}, and the data of ${there ?? "providers' own addresses"} are open; open them with provider: "${name}"`,
  );
}

/** @throws UsageError when the environment lacks what a job of a place needs: a key for its address */
export function requireAccess({ sandbox, address }: Place, name: string): void {
  if (sandbox) return;
  requireKey(name);
  const here = addressOf(name);
  if (here?.url === address?.url) return;
  const provider = ProviderName.parse(name);
  const { title, variables } = PROFILES[provider];
  throw new UsageError(
    address
      ? `the job is at ${address.url}: set ${variables.url} to that, and the key to one of that server`
      : `the job is at ${title}'s own address, and ${addressVariable(provider)} leads to ${here?.url}: unset it`,
  );
}
