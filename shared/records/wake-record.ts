/**
 * The wake record of a provider batch: which task waits for it, and when its end was last signalled.
 * Key: `wake#<the provider's id>` / `wake`.
 *
 * Two sides write it, and DynamoDB puts their writes in an order:
 * - The state machine parks its task token, but only if no wake signal came since the last poll began.
 * - A receiver (`receive-webhook`, `receive-bedrock-event`) notes a wake signal, and gets the parked token.
 *
 * So no signal is lost between a poll and the next wait. It finds the token, or the token is not parked.
 *
 * `news_at` is when the last signal came, `news_since` when the last poll began: executions under way have these names.
 */
import * as z from "zod";
import { WAKE } from "../names.ts";
import type { Wake } from "../payload.ts";
import { upsert } from "./table.ts";

/** Seconds for which a record is kept: longer than a batch runs (24 hours), and than a provider repeats its signal (OpenAI: 72 hours). */
const KEPT_SECONDS = 4 * 86_400;

/** DynamoDB removes by whole seconds. */
const expiry = (now: number): number => Math.ceil(now) + KEPT_SECONDS;

/** The fields that are read. All are absent until a task has waited. */
const WakeRecord = z.object({
  /** The token of the Step Functions task that waits, or waited last. */
  task_token: z.string().optional(),
  /** The round that waits, for people who read the table. */
  job_id: z.string().optional(),
  batch: z.int().optional(),
  round: z.int().optional(),
});
type WakeRecord = z.infer<typeof WakeRecord>;

/** How the next wait for a batch parks its token. `polledAt`: when its last poll began, or 0. Times are Unix seconds. */
export function wakeOf(provider_batch_id: string, polledAt: number, now: number): Wake {
  return {
    provider_batch_id,
    news_since: String(polledAt),
    expires_at: String(expiry(now)),
  };
}

/**
 * A wait that no signal ends: the batch is known to have ended, and its parts are waited for. A signal that comes again would only
 * use up one of the polls.
 */
export const deafWake = (now: number): Wake => wakeOf("-", now, now);

/** Notes a wake signal for a batch, which may be another program's. `now`: Unix seconds. @returns the task that waits for it, if any */
export async function noteWake(provider_batch_id: string, now: number): Promise<WakeRecord> {
  const key = { pk: WAKE.prefix + provider_batch_id, sk: WAKE.sort };
  return WakeRecord.parse(await upsert(key, { news_at: now, expires_at: expiry(now) }));
}
