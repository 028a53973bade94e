/** Whether a provider answers, takes the key, and has the same time as this machine. */
import { unixNow } from "../../shared/clock.ts";
import {
  messageOf,
  ProviderAuthError,
  ProviderRejectedError,
  ProviderUnavailableError,
} from "../../shared/errors.ts";
import type { ProviderName } from "../../shared/models.ts";
import { PROFILES } from "../../shared/providers/list.ts";
import type { Provider } from "../../shared/providers/provider.ts";
import { providerOf } from "../../shared/providers/registry.ts";
import type { Check } from "./check.ts";

/** Seconds that the clocks may be apart: above the second, a batch whose create got no answer is not found again. */
const [SAME_CLOCK, SAFE_CLOCK] = [30, 120];

/** Calls the provider once, and asks for the model, if one is given. */
export async function accessChecks(provider: ProviderName, model?: string): Promise<Check[]> {
  const { title: name, variables } = PROFILES[provider];
  try {
    const made = await providerOf({ provider });
    const clock = await made.checkAccess();
    const taken = variables.key === null ? "the AWS credentials" : "the key";
    const checks: Check[] = [{ name, outcome: "ok", what: `answers, and takes ${taken}` }];
    if (clock !== null) checks.push(clockCheck(name, unixNow() - clock));
    if (model !== undefined) checks.push(await modelCheck(made, model));
    return checks;
  } catch (error) {
    return [{ name, what: messageOf(error), ...judged(provider, error) }];
  }
}

async function modelCheck(provider: Provider, model: string): Promise<Check> {
  const name = "model";
  if (!provider.checkModel)
    return { name, outcome: "skipped", what: `${model}: only a job shows whether the provider has it` };
  const problem = await provider.checkModel(model);
  if (problem === null) return { name, outcome: "ok", what: `nothing is known against ${model}` };
  return { name, outcome: "wrong", what: problem };
}

function clockCheck(title: string, ahead: number): Check {
  const name = `${title} clock`;
  const apart = Math.abs(ahead);
  if (apart <= SAME_CLOCK) return { name, outcome: "ok", what: "the same as here" };
  const what = `this machine's is ${Math.round(apart)} s ${ahead > 0 ? "ahead" : "behind"}`;
  const fix = "Set this machine's clock: a batch whose create got no answer is searched for by its time.";
  return { name, outcome: apart > SAFE_CLOCK ? "wrong" : "warning", what, fix };
}

function judged(provider: ProviderName, error: unknown): Pick<Check, "outcome" | "fix"> {
  const { variables, pages } = PROFILES[provider];
  if (error instanceof ProviderAuthError && variables.key === null)
    return {
      outcome: "wrong",
      fix: `Check the AWS credentials, the region and ${Object.keys(variables.needed).join(", ")}: ${pages.keys}.`,
    };
  if (error instanceof ProviderAuthError)
    return {
      outcome: "wrong",
      fix: `Set ${variables.key} to a key${pages.keys ? ` from ${pages.keys}` : ""} that may use batches.`,
    };
  if (error instanceof ProviderRejectedError)
    return { outcome: "wrong", fix: `Check ${variables.url}: it must be the API's base URL.` };
  if (error instanceof ProviderUnavailableError && error.retryAfterSeconds !== undefined)
    return { outcome: "warning", fix: "Jobs wait by themselves until it takes calls again." };
  return {
    outcome: "wrong",
    fix: `${proxyHint()}Check the network and a firewall${pages.status ? `, and ${pages.status}` : ""}.`,
  };
}

/** Node uses a proxy from the environment only when NODE_USE_ENV_PROXY is set. */
function proxyHint(): string {
  const { HTTPS_PROXY, https_proxy, NODE_USE_ENV_PROXY } = process.env;
  const unused = Boolean(HTTPS_PROXY ?? https_proxy) && NODE_USE_ENV_PROXY !== "1";
  return unused ? "HTTPS_PROXY is set: for Node to use it, set NODE_USE_ENV_PROXY=1. " : "";
}
