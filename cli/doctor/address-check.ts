/** Where a provider's calls go: an address that is not its own gets the jobs, and the key. */
import { isOwnName } from "../../local/loopback.ts";
import type { ProviderName } from "../../shared/models.ts";
import { PROFILES } from "../../shared/providers/list.ts";
import type { Check } from "./check.ts";

/** Checks the address that the environment gives; null when it gives none. */
export function addressCheck(provider: ProviderName): Check | null {
  const { title, variables } = PROFILES[provider];
  const variable = variables.url;
  const given = process.env[variable]?.trim();
  if (!given) return null;
  const name = `${title} address`;
  const url = URL.parse(given);
  if (!url || !/^https?:$/.test(url.protocol)) {
    const what = `${variable} is no http or https URL`;
    return { name, outcome: "wrong", what, fix: `Unset ${variable}, or set it to a URL.` };
  }
  if (url.username || url.password) {
    const what = `${variable} holds a user name or a password, with which Node makes no calls`;
    return { name, outcome: "wrong", what, fix: `Take it out of ${variable}.` };
  }
  const what = `${variable} leads to ${url.origin}${url.pathname}`;
  if (isOwnName(url.host)) return { name, outcome: "ok", what: `${what}, this machine` };
  const risk = url.protocol === "http:" ? "the key goes there unencrypted" : "the key goes there";
  const fix = `Unset ${variable} if jobs are to go to ${title} itself.`;
  return { name, outcome: "warning", what: `${what}; ${risk}`, fix };
}
