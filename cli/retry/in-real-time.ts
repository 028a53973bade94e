/** What a retry asks in real time, and what one that was killed has kept of it. */
import { resolve } from "node:path";
import { explainDisk } from "../../local/disk-error.ts";
import { HeldRoom } from "../../local/held-room.ts";
import { messageOf } from "../../shared/errors.ts";
import type { JobSpec } from "../../shared/models.ts";
import { jobReceipt } from "../../shared/money/receipt.ts";
import { PROFILES } from "../../shared/providers/list.ts";
import { MOST_AT_ONCE } from "../../shared/providers/pacer.ts";
import { requireKey } from "../access.ts";
import { given } from "../arguments.ts";
import { UsageError } from "../exit-codes.ts";
import { type PickedRow, RowWatcher } from "../input/pick-rows.ts";
import { quoteFile } from "../input/quote-file.ts";
import type { PlaceFlags } from "../options.ts";
import { counted } from "../output/numbers.ts";
import { openNow, originNow } from "../try/open-now.ts";
import { TryCache } from "../try/try-cache.ts";
import { keptRow } from "../try/try-rows.ts";
import { FailedAsker } from "./ask-failed.ts";
import { LostRequests } from "./lost-requests.ts";
import { RetriedFile } from "./retried-file.ts";

/** Items of a file that are asked again. */
export interface Part {
  failed: string;
  spec: JobSpec;
  /** The retry's own folder or the beginning of its file's name. */
  work: string;
  use: PlaceFlags;
}

/** A spec as settings: a provider without a choice of endpoints takes none. */
export function settingsOf(spec: JobSpec): Record<string, unknown> {
  const { endpoint, ...settings } = spec;
  const chosen = PROFILES[spec.provider].endpoints.length > 0 ? { endpoint } : {};
  return given({ ...settings, ...chosen });
}

/** Asks every item of a file in real time. */
export async function inRealTime({
  failed,
  spec,
  work,
  origin,
  use,
  left,
}: Part & { origin: string | undefined; left: number }) {
  if (!use.sandbox) requireKey(spec.provider, "real_time");
  await using now = await openNow(spec.provider, use);
  const retried = `${work}.jsonl`;
  // The job's folder, not this process's environment, says who answers it. A stack's provider is asked from here.
  if (use.stack === undefined && now.origin !== origin)
    throw new UsageError(
      `the job was answered by ${origin ?? "the provider itself"}, and the environment leads to ${now.origin ?? "the provider itself"}`,
    );
  const cache = new TryCache(resolve(use.dataDir), new HeldRoom(resolve(use.dataDir)));
  const lost = new LostRequests(`${work}.unknown`, Math.min(left, MOST_AT_ONCE));
  const onRow = () => lost.ended(asker.unknown + asker.unkept);
  const asker = new FailedAsker(retried, spec, { ...now, cache, onRow });
  try {
    await quoteFile(failed, settingsOf(spec), new RowWatcher((row) => asker.ask(row)).open);
    await asker.finish();
  } catch (error) {
    await asker.giveUp();
    lost.known(asker.unknown + asker.unkept + cache.lost);
    if (cache.lost === 0) throw error;
    const said = `${counted(cache.lost, "answer")} that came meanwhile could not be kept, and will be paid for again`;
    throw new Error(`${messageOf(explainDisk(error, use.dataDir))}; ${said}`, { cause: error });
  }
  // The files that are written next may fail.
  lost.known(asker.unknown + asker.unkept);
  const unknown = { batch: 0, real_time: lost.before + asker.unknown };
  return { retried, lost, receipt: jobReceipt({ batch: [], real_time: [asker.bill], unknown }) };
}

/** What a retry in real time that was killed has paid for and kept. The items that it has failed for good are asked again. */
export async function keptBefore({ failed, spec, work, use }: Part) {
  const retried = `${work}.jsonl`;
  const deps = { origin: originNow(spec.provider, use), cache: new TryCache(resolve(use.dataDir)) };
  const lost = new LostRequests(`${work}.unknown`, 0);
  const file = new RetriedFile(retried, spec.model);
  const take = async (row: PickedRow) => {
    const kept = await keptRow(row, spec, deps);
    if (kept?.asked.error === null) file.write(kept);
  };
  await quoteFile(failed, settingsOf(spec), new RowWatcher(take).open);
  file.close();
  const unknown = { batch: 0, real_time: lost.before };
  return {
    retried,
    lost,
    rows: file.rows,
    receipt: jobReceipt({ batch: [], real_time: [file.bill], unknown }),
  };
}
