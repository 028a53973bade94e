/**
 * Who waits for a provider batch, and what was heard of it: `wake#<the provider's id>` / `wake`.
 *
 * Both sides write one record, and DynamoDB puts their writes in an order. The state machine parks its task token there, unless there
 * is news since the last look; whoever hears news notes it there, and gets the token. So news is never lost between a look
 * and the next wait: either it finds the token, or the token is not parked.
 */
import { z } from "zod";
import { WAKE } from "./names.ts";
import type { Wake } from "./payload.ts";
import { upsert } from "./table.ts";

/** Seconds for which a record is kept: longer than a batch runs (24 hours) and a provider repeats its news (OpenAI: 72). */
const KEPT_SECONDS = 4 * 86_400;

/** DynamoDB removes by whole seconds. */
const expiry = (now: number): number => Math.ceil(now) + KEPT_SECONDS;

/** What is read of a record; `batch` and `round` are there for people. */
const WakeRecord = z.object({
  /** The token of the Step Functions task that waits, or waited last. */
  task_token: z.string().optional(),
});

/** How to wait for a batch that was looked at (`lookedAt`), all in Unix seconds; 0: not yet. */
export function wakeOf(provider_batch_id: string, lookedAt: number, now: number): Wake {
  return {
    provider_batch_id,
    news_since: String(lookedAt),
    expires_at: String(expiry(now)),
  };
}

/**
 * Notes that there is news of a batch at a provider, whoever's it is. `now`: Unix seconds.
 * @returns the token of who waits for it, or did; null when nobody ever has
 */
export async function noteNews(provider_batch_id: string, now: number): Promise<string | null> {
  const key = { pk: WAKE.prefix + provider_batch_id, sk: WAKE.sort };
  const record = await upsert(key, { news_at: now, expires_at: expiry(now) });
  return WakeRecord.parse(record).task_token ?? null;
}
