/** One provider's batches: their records, how they run, and what a new one is made of. */
import { linkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ApiSettings } from "./api-settings.ts";
import type { StoredBatch } from "./batch.ts";
import { failing } from "./failing.ts";
import type { Protocol } from "./protocol.ts";
import { openRecords, type Records } from "./records.ts";
import { type BatchView, Runner } from "./runner.ts";
import { requestsPath } from "./settle.ts";

export interface BatchStore extends Pick<ApiSettings, "provider" | "prefix" | "clock" | "newId" | "limits"> {
  batches: Records<StoredBatch>;
  protocol: Protocol;
  runner: Runner;
  /** The parts of a new record that the options decide. */
  defaults: Pick<StoredBatch, "latency" | "lifetime" | "upstream">;
}

/** Opens the batches under the provider's directory. */
export function openBatches(settings: ApiSettings, own: Protocol): BatchStore {
  const { provider, prefix, clock, newId, limits, dir, upstream, latency, lifetime } = settings;
  const batches = openRecords<StoredBatch>(join(dir, "batches"));
  const protocol = failing(own, settings);
  const runner = new Runner({ batches, protocol, clock, upstream });
  const defaults = { latency, lifetime, upstream: upstream !== undefined };
  return { provider, prefix, clock, newId, limits, batches, protocol, runner, defaults };
}

type NewBatch = Pick<StoredBatch, "id" | "n" | "fields"> & Partial<StoredBatch>;

/** Saves a new batch and begins its work. @param requests its file of requests or their text, where it has none yet */
export function addBatch(
  { provider, clock, batches, runner, defaults }: BatchStore,
  own: NewBatch,
  requests?: { path: string } | { text: string },
): StoredBatch {
  const batch: StoredBatch = {
    provider,
    created: clock(),
    cancel_requested: null,
    answered: null,
    plan: null,
    settled: null,
    published: false,
    ...defaults,
    ...own,
  };
  const path = requestsPath(batches.folder(batch.id));
  // A second name for the same bytes: deleting the input file takes nothing from a batch that runs.
  if (requests && "path" in requests) linkSync(requests.path, path);
  else if (requests) writeFileSync(path, requests.text);
  batches.save(batch);
  runner.start(batch);
  return batch;
}

/** A batch that has ended, with what came of it. */
export type EndedView = BatchView & {
  [Name in "plan" | "schedule" | "settled"]: NonNullable<BatchView[Name]>;
};

/** The batch as it stands; once it has ended, `publish` has made its results visible. */
export async function publishedView(
  { batches, runner }: BatchStore,
  batch: StoredBatch,
  publish: (view: EndedView) => void,
): Promise<BatchView> {
  const view = await runner.view(batch);
  const { ended, plan, schedule, settled } = view;
  if (!ended || !plan || !schedule || !settled || batch.published) return view;
  publish({ ...view, plan, schedule, settled });
  batch.published = true;
  batches.save(batch);
  return view;
}

/** Makes the results of all batches that have ended visible. */
export async function publishAll(
  { batches }: BatchStore,
  view: (batch: StoredBatch) => Promise<unknown>,
): Promise<void> {
  for (const batch of batches.newestFirst()) if (!batch.published) await view(batch);
}
