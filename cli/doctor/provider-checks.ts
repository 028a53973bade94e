/** The providers as this machine sees them: keys, addresses, and whether they answer. */

import { missingVariable } from "../../local/host/provider-access.ts";
import { ProviderName } from "../../shared/models.ts";
import { accessOf } from "../../shared/providers/access.ts";
import { PROFILES } from "../../shared/providers/list.ts";
import { accessChecks } from "./access-checks.ts";
import { addressChecks } from "./address-check.ts";
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
