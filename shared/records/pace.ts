/** How fast an account answers in real time, as it was last measured: `pace#<account>#<model>` / `pace`. */
import * as z from "zod";
import { formatOf } from "../providers/formats.ts";
import { type Account, accountName } from "../tenants/account.ts";
import { getRecord, upsert } from "./table.ts";

/** Seconds for which a measurement is believed: limits are raised as an account spends. */
const LIFETIME = 30 * 24 * 3600;
/** Answers that are waited for at once until that was measured. */
const FIRST_AT_ONCE = 20;

export const Pace = z.object({
  /** Mean seconds from a request to its whole answer. */
  seconds_per_answer: z.number().positive(),
  /** Requests that went at once without a refusal. */
  at_once: z.number().positive(),
  /** Requests and tokens that the provider lets an account have a minute, where its answers say so. */
  requests_per_minute: z.number().nonnegative().optional(),
  tokens_per_minute: z.number().nonnegative().optional(),
  /** Mean tokens of a request, those that its answer may have included. */
  tokens_per_request: z.number().nonnegative(),
});
export type Pace = z.infer<typeof Pace>;

export interface PaceOf extends Account {
  model?: string | undefined;
}

/** The last measurement, or null. `now`: Unix seconds. */
export async function readPace(of: PaceOf, now: number): Promise<Pace | null> {
  const record = await getRecord(key(of));
  return record && Number(record.expires_at) > now ? Pace.parse(record) : null;
}

/** Replaces the measurement. `now`: Unix seconds. */
export async function writePace(of: PaceOf, pace: Pace, now: number): Promise<void> {
  const known = Object.entries(pace).filter(([, value]) => value !== undefined);
  await upsert(key(of), { ...Object.fromEntries(known), expires_at: Math.ceil(now + LIFETIME) });
}

/** Seconds in which so many requests are answered in real time, by the measured pace; without one, by the provider's profile. */
export function secondsFor(requests: number, pace: Pace | null, { provider }: Account): number {
  if (!pace) {
    const perMinute = formatOf(provider).limits.now_per_minute;
    return (requests / perMinute) * 60;
  }
  const { seconds_per_answer, at_once, requests_per_minute, tokens_per_minute, tokens_per_request } = pace;
  const byAnswers = (requests * seconds_per_answer) / Math.max(at_once, FIRST_AT_ONCE);
  const byRequests = requests_per_minute ? (requests / requests_per_minute) * 60 : 0;
  const byTokens = tokens_per_minute ? ((requests * tokens_per_request) / tokens_per_minute) * 60 : 0;
  return seconds_per_answer + Math.max(byAnswers, byRequests, byTokens);
}

/** Requests to begin with at once: as many as last went without a refusal. */
export function firstAtOnce(pace: Pace | null): number {
  return Math.max(1, Math.round(pace?.at_once ?? FIRST_AT_ONCE));
}

function key({ model = "", ...account }: PaceOf) {
  return { pk: `pace#${accountName(account)}#${model}`, sk: "pace" };
}
