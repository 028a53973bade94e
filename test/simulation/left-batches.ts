/** Batches that were left to real time: what they answer is paid, and no row has it. */
import type { BatchRecord } from "../../shared/records/batch-record.ts";
import type { JobRecord } from "../../shared/records/job-record.ts";
import type { SimulatedBatch } from "./provider-batches.ts";
import { REAL_TIME } from "./provider-items.ts";
import { SIMULATED } from "./simulated-providers.ts";
import type { Aftermath } from "./simulation.ts";

/** The tag of a batch's round. */
export const tagOf = ({ items }: SimulatedBatch): string => items[0]?.custom_id.split("-")[0] ?? "";

/** The batches at all providers whose rounds were overtaken. */
export function leftBatches({ table, services }: Aftermath): SimulatedBatch[] {
  const tags = new Set<unknown>();
  for (const { overtaken_at, tag } of table.items.values()) if (overtaken_at !== undefined) tags.add(tag);
  return [...services.values()].flatMap(({ batches }) =>
    batches.all.filter((batch) => tags.has(tagOf(batch))),
  );
}

/** Those of them that nothing has proved ours: they may be another's, so nobody cancels them. */
export function unprovedLeft(after: Aftermath): SimulatedBatch[] {
  const unproved = [...after.table.items.values()].filter(({ unproved }) => unproved === true);
  const ids = new Set(unproved.map(({ provider_batch_id }) => provider_batch_id));
  return leftBatches(after).filter(({ id }) => ids.has(id));
}

/** Seconds before the last look at an overtaken batch by which its provider must list it, for that look to find it. */
const TIME_TO_FIND = 60;
/** What may keep a job from looking. */
const DISTURBS = /^(provider|table|bucket|killed|stalled|runs twice|engine|execution|clock|address)/;

/** Batches that were overtaken before anybody knew of them, that their provider showed in time, and that were not found. */
export function unfound(after: Aftermath): SimulatedBatch[] {
  const { table, world } = after;
  if ([...world.faults.struck.keys()].some((name) => DISTURBS.test(name))) return [];
  const records = [...table.items.values()] as Partial<BatchRecord & JobRecord>[];
  return leftBatches(after).filter((batch) => {
    const record = records.find(({ overtaken_at, tag }) => overtaken_at && tag === tagOf(batch));
    const own = records.filter(({ job_id }) => job_id === record?.job_id);
    const job = own.find(({ batch_count }) => batch_count !== undefined);
    if (!record?.provider || !job || record.provider_batch_id !== undefined) return false;
    // Anthropic keeps no mark, and a batch that has not begun has the job look no more.
    const { overtaken_at = 0, deadline_at = 0, provider } = record;
    const begun = own.filter(
      ({ tag, round, created_at = 0 }) => tag && round === 1 && created_at <= overtaken_at,
    );
    if (SIMULATED[provider].protocol === "anthropic" || begun.length < (job.batch_count ?? 0)) return false;
    const grace = Math.min(900, (deadline_at - (job.created_at ?? 0)) / 8);
    return batch.listed / 1000 < deadline_at - grace / 4 - TIME_TO_FIND;
  });
}

/** Where an answer came from whose row nobody can rely on: from a batch that was left, or to a run that may have died. */
export function unsurePlaces(after: Aftermath): ReadonlySet<string> {
  return new Set([REAL_TIME, ...leftBatches(after).map(({ id }) => id)]);
}
