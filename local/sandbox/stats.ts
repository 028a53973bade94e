import type { Usage } from "../../shared/models.ts";
import type { SandboxApi } from "./api-settings.ts";
import { NO_TOKENS, type Tokens } from "./protocol.ts";

export interface ProviderStats {
  batches_created: number;
  /** Requests in the batches that were accepted. */
  requests_accepted: number;
  /** Requests that were answered in batches that have ended: what the provider would charge for. */
  requests_billed: number;
  /** The tokens of those, also where a result line was lost on its way. */
  tokens_billed: BilledTokens;
  /** Calls in real time that were answered since the start, and their tokens. */
  realtime_requests: number;
  realtime_tokens: BilledTokens;
}

type BilledTokens = Required<Omit<Usage, "cache_write_1h_tokens">>;

export async function statsOf({ runner, batches, realtime }: SandboxApi): Promise<ProviderStats> {
  const billed = { ...NO_TOKENS };
  const stats = { batches_created: 0, requests_accepted: 0, requests_billed: 0 };
  for (const batch of batches.newestFirst()) {
    const { plan, settled, ended } = await runner.view(batch);
    stats.batches_created += 1;
    if (plan && plan.errors.length === 0) stats.requests_accepted += plan.requests;
    if (!ended || !settled) continue;
    stats.requests_billed += settled.succeeded;
    billed.input += settled.input_tokens;
    billed.output += settled.output_tokens;
    billed.cached += settled.cached_tokens;
    billed.written += settled.cache_write_tokens;
    billed.reasoning += settled.reasoning_tokens;
  }
  return {
    ...stats,
    tokens_billed: usageOf(billed),
    realtime_requests: realtime.answered,
    realtime_tokens: usageOf(realtime.tokens),
  };
}

function usageOf({ input, cached, written, output, reasoning }: Tokens): BilledTokens {
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    cached_tokens: cached,
    cache_write_tokens: written,
    reasoning_tokens: reasoning,
  };
}
