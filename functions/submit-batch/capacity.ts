import { secondsSince } from "../../shared/clock.ts";
import { formatOf } from "../../shared/providers/formats.ts";
import type { Provider } from "../../shared/providers/provider.ts";
import type { BatchRecord } from "../../shared/records/batch-record.ts";
import { takeCreate } from "../../shared/records/create-rate.ts";
import { admit, queueOf, TOKEN_QUEUE } from "../../shared/records/token-ledger.ts";
import { note } from "../../shared/telemetry.ts";
import { nextWait } from "../../shared/workflow/poll-wait.ts";
import type { Delay } from "./next-step.ts";

/** The wait for room at the provider; null when the batch may go. */
export async function capacity(
  found: BatchRecord,
  provider: Provider,
  tokens: number,
  now: number,
): Promise<Delay | null> {
  if (provider.limitsQueuedTokens) {
    const { admitted, oldest } = await admit(queueOf(found), found, tokens, now);
    if (!admitted) {
      note({ token_queue_held_seconds: secondsSince(oldest?.at, now), token_queue_held_by: oldest?.job_id });
      return { reason: TOKEN_QUEUE, seconds: nextWait(now - found.created_at, 30) };
    }
  }
  const perHour = formatOf(found.provider).limits.max_batches_per_hour;
  const seconds = Math.min(await takeCreate(found, perHour, now), 900);
  return seconds > 0 ? { reason: `the provider's ${perHour} batches an hour`, seconds } : null;
}
