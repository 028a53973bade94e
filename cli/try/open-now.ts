/** Who answers in real time: the provider, or the sandbox in its place. */
import { originOf } from "../../local/host/place.ts";
import { addressOf } from "../../local/host/provider-access.ts";
import { useSandbox } from "../../local/sandbox-run.ts";
import type { ProviderName } from "../../shared/models.ts";
import type { NowProvider } from "../../shared/providers/ask-now.ts";
import { providerOf } from "../../shared/providers/registry.ts";
import type { LocalFlags } from "../options.ts";

export interface OpenedNow extends AsyncDisposable {
  provider: NowProvider;
  origin: string | undefined;
}

/** Who would answer, as `Backend` has it. */
export function originNow(name: ProviderName, { sandbox, upstream }: LocalFlags): string | undefined {
  return originOf({
    sandbox: sandbox ? { upstream } : undefined,
    address: sandbox ? undefined : addressOf(name),
  });
}

/** Opens it. @throws ProviderAuthError when the environment does not lead to the provider */
export async function openNow(name: ProviderName, flags: LocalFlags): Promise<OpenedNow> {
  const { sandbox, upstream } = flags;
  const use = sandbox ? { upstream, upstreamKey: process.env.UPSTREAM_API_KEY } : undefined;
  const origin = originNow(name, flags);
  const running = use && (await useSandbox(undefined, use));
  const provider = await providerOf({ provider: name }, "real_time");
  return { provider, origin, [Symbol.asyncDispose]: async () => running?.close() };
}
