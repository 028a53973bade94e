/**
 * Who waits for a provider batch, and what was heard of it: `wake#<the provider's id>` / `wake`.
 *
 * Both sides write one record, and DynamoDB puts their writes in an order. The state machine parks its task token there, unless there
 * is news since the last look; whoever hears news notes it there, and gets the token. So news is never lost between a look
 * and the next wait: either it finds the token, or the token is not parked.
 */
import { z } from "zod";
import { WAKE } from "../names.ts";
import type { Wake } from "../payload.ts";
import { upsert } from "./table.ts";

/** Seconds for which a record is kept: longer than a batch runs (24 hours) and a provider repeats its news (OpenAI: 72). */
const KEPT_SECONDS = 4 * 86_400;

/** DynamoDB removes by whole seconds. */
const expiry = (now: number): number => Math.ceil(now) + KEPT_SECONDS;

/** A record, as far as it is read. All is absent until somebody has waited. */
const WakeRecord = z.object({
  /** The token of the Step Functions task that waits, or waited last. */
  task_token: z.string().optional(),
  /** What it waits with: for people. */
  job_id: z.string().optional(),
  batch: z.int().optional(),
  round: z.int().optional(),
});
type WakeRecord = z.infer<typeof WakeRecord>;

/** How to wait for a batch that was looked at (`lookedAt`), all in Unix seconds; 0: not yet. */
export function wakeOf(provider_batch_id: string, lookedAt: number, now: number): Wake {
  return {
    provider_batch_id,
    news_since: String(lookedAt),
    expires_at: String(expiry(now)),
  };
}

/** Notes that there is news of a batch at a provider, whoever's it is. `now`: Unix seconds. @returns who waits for it */
export async function noteNews(provider_batch_id: string, now: number): Promise<WakeRecord> {
  const key = { pk: WAKE.prefix + provider_batch_id, sk: WAKE.sort };
  return WakeRecord.parse(await upsert(key, { news_at: now, expires_at: expiry(now) }));
}
