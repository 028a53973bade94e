/** The providers as this machine sees them: keys, addresses, and whether they answer. */
import {
  messageOf,
  ProviderAuthError,
  ProviderRejectedError,
  ProviderUnavailableError,
} from "../../shared/errors.ts";
import type { ProviderName } from "../../shared/models.ts";
import { providerKey } from "../../shared/provider-keys.ts";
import { providerOf } from "../../shared/providers/registry.ts";
import { PROVIDERS } from "../job-settings.ts";
import type { Check } from "./check.ts";
import { KEY_PAGES, keyChecks } from "./key-checks.ts";

/** Variables of both SDKs, and the pages that tell of an outage. */
const ADDRESSES: Readonly<Record<ProviderName, { variable: string; status: string }>> = {
  openai: { variable: "OPENAI_BASE_URL", status: "https://status.openai.com" },
  anthropic: { variable: "ANTHROPIC_BASE_URL", status: "https://status.claude.com" },
};

/** Checks the provider that is asked for, or both. `offline`: nobody is called. */
export async function* providerChecks(
  asked: ProviderName | undefined,
  offline: boolean,
): AsyncGenerator<Check> {
  const { checks, present } = await keyChecks(asked, {
    read: providerKey,
    isDenied: () => false,
    mend: (name) => `Set ${PROVIDERS[name].key}, or try a job without a key with --sandbox.`,
  });
  yield* checks;
  for (const name of present) {
    const address = addressCheck(name);
    if (address) yield address;
    if (address?.outcome !== "wrong") yield offline ? notAsked(name) : await accessCheck(name);
  }
}

/** An address that is not the provider's own gets its jobs and its key. */
function addressCheck(name: ProviderName): Check | null {
  const { variable } = ADDRESSES[name];
  const given = process.env[variable]?.trim();
  if (!given) return null;
  const found = { name: `${PROVIDERS[name].title} address` };
  const url = URL.parse(given);
  if (!url || !/^https?:$/.test(url.protocol)) {
    return {
      ...found,
      outcome: "wrong",
      what: `${variable} is no http or https URL`,
      mend: `Unset ${variable}, or set it to a URL.`,
    };
  }
  // Without what may be a password in it.
  const what = `${variable} leads to ${url.origin}${url.pathname}`;
  if (/^(localhost|127\.|\[::1\])/.test(url.hostname))
    return { ...found, outcome: "ok", what: `${what}, this machine` };
  const mend = `Unset ${variable} if jobs are to go to ${PROVIDERS[name].title} itself.`;
  const risk = url.protocol === "http:" ? "; the key goes there unencrypted" : "; the key goes there";
  return { ...found, outcome: "warning", what: what + risk, mend };
}

function notAsked(name: ProviderName): Check {
  return { name: PROVIDERS[name].title, outcome: "skipped", what: "not called (--offline)" };
}

async function accessCheck(name: ProviderName): Promise<Check> {
  const { title, key } = PROVIDERS[name];
  try {
    await (await providerOf(name)).checkAccess();
    return { name: title, outcome: "ok", what: "answers, and takes the key" };
  } catch (error) {
    const found = { name: title, what: messageOf(error) };
    if (error instanceof ProviderAuthError) {
      return {
        ...found,
        outcome: "wrong",
        mend: `Set ${key} to a key from ${KEY_PAGES[name]}, one that may use batches.`,
      };
    }
    if (error instanceof ProviderRejectedError) {
      return {
        ...found,
        outcome: "wrong",
        mend: `Look at ${ADDRESSES[name].variable}: it must be the API's base URL.`,
      };
    }
    if (error instanceof ProviderUnavailableError && error.retryAfterSeconds !== undefined) {
      return { ...found, outcome: "warning", mend: "Jobs wait by themselves until it takes calls again." };
    }
    return {
      ...found,
      outcome: "wrong",
      mend: `Look at the network, a proxy or firewall, and ${ADDRESSES[name].status}.`,
    };
  }
}
