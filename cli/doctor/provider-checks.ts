/** The providers as this machine sees them: keys, addresses, and whether they answer. */
import { missingVariable } from "../../local/host/provider-access.ts";
import { isOwnName } from "../../local/loopback.ts";
import { ProviderName } from "../../shared/models.ts";
import { accessOf, holdsPassword } from "../../shared/providers/access.ts";
import { PROFILES } from "../../shared/providers/list.ts";
import type { ProviderVariables } from "../../shared/providers/profile.ts";
import { accessChecks } from "./access-checks.ts";
import type { Check } from "./check.ts";
import { keyChecks } from "./key-checks.ts";

/** Checks the provider that is asked for, or each. `offline`: nobody is called. `model`: of the one that is asked for. */
export async function* providerChecks(
  asked: ProviderName | undefined,
  offline: boolean,
  model?: string,
): AsyncGenerator<Check> {
  const { checks, present } = await keyChecks(asked ? [asked] : ProviderName.options, {
    read: (provider) => accessOf({ provider }),
    isDenied: () => false,
    without: asked ? undefined : "jobs in the sandbox need none",
    fix: (name) =>
      `Set ${missingVariable(name) ?? PROFILES[name].variables.key}, or try a job without a key with --sandbox.`,
  });
  yield* checks;
  for (const name of present) {
    const addresses = addressChecks(name);
    yield* addresses;
    if (addresses.some(({ outcome }) => outcome === "wrong")) continue;
    if (offline) yield { name: PROFILES[name].title, outcome: "skipped", what: "not called (--offline)" };
    else yield* await accessChecks(name, model);
  }
}

/** Checks the addresses that the environment gives: the provider's, and that of real time where it may be another. */
function addressChecks(provider: ProviderName): Check[] {
  const { title, variables } = PROFILES[provider];
  const { url, now_url }: ProviderVariables = variables;
  return [
    addressCheck(provider, url, `${title} address`),
    now_url === undefined ? null : addressCheck(provider, now_url, `${title} address in real time`),
  ].filter((check) => check !== null);
}

/** Checks the address in a variable; null when it is not set. */
function addressCheck(provider: ProviderName, variable: string, name: string): Check | null {
  const { title, variables } = PROFILES[provider];
  const given = process.env[variable]?.trim();
  if (!given) return null;
  if (holdsPassword(given)) {
    const what = `${variable} holds a user name or a password, with which Node makes no calls`;
    return { name, outcome: "wrong", what, fix: `Take it out of ${variable}.` };
  }
  const url = URL.parse(given);
  if (!url || !/^https?:$/.test(url.protocol)) {
    const what = `${variable} is no http or https URL`;
    return { name, outcome: "wrong", what, fix: `Unset ${variable}, or set it to a URL.` };
  }
  const what = `${variable} leads to ${url.origin}${url.pathname}`;
  if (isOwnName(url.host)) return { name, outcome: "ok", what: `${what}, this machine` };
  const sent = variables.key === null ? "signed requests go" : "the key goes";
  const risk = `${sent} there${url.protocol === "http:" ? " unencrypted" : ""}`;
  const fix = `Unset ${variable} if jobs are to go to ${title} itself.`;
  return { name, outcome: "warning", what: `${what}; ${risk}`, fix };
}
