/** Batches that were left to real time: what they answer is paid, and no row has it. */
import type { SimulatedBatch } from "./provider-batches.ts";
import { REAL_TIME } from "./provider-items.ts";
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

/** Where an answer came from whose row nobody can rely on: from a batch that was left, or to a run that may have died. */
export function unsurePlaces(after: Aftermath): ReadonlySet<string> {
  return new Set([REAL_TIME, ...leftBatches(after).map(({ id }) => id)]);
}
