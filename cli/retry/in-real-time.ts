/** Asks again in real time what has no answer. */
import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import { explainDisk } from "../../local/disk-error.ts";
import { HeldRoom } from "../../local/held-room.ts";
import { messageOf } from "../../shared/errors.ts";
import type { JobSpec } from "../../shared/models.ts";
import { PROFILES } from "../../shared/providers/list.ts";
import { MOST_AT_ONCE } from "../../shared/providers/pacer.ts";
import { requireKey } from "../access.ts";
import { given } from "../arguments.ts";
import { UsageError } from "../exit-codes.ts";
import { RowWatcher } from "../input/pick-rows.ts";
import { quoteFile } from "../input/quote-file.ts";
import type { PlaceFlags } from "../options.ts";
import { counted } from "../output/numbers.ts";
import { openNow } from "../try/open-now.ts";
import { FailedAsker } from "./ask-failed.ts";
import { answersIn, writeAttempt } from "./attempt.ts";

/** Items of a file that are asked again. */
export interface Part {
  failed: string;
  spec: JobSpec;
  use: PlaceFlags;
}

/** A spec as settings: a provider without a choice of endpoints takes none. */
export function settingsOf(spec: JobSpec): Record<string, unknown> {
  const { endpoint, ...settings } = spec;
  const chosen = PROFILES[spec.provider].endpoints.length > 0 ? { endpoint } : {};
  return given({ ...settings, ...chosen });
}

/** A spec that asks another model: the prices in it are of the job's own. */
export function withModel<S extends Pick<JobSpec, "model" | "prices">>(spec: S, model: string): S {
  return model === spec.model ? spec : { ...spec, model, prices: undefined };
}

/**
 * Asks every item of a file in real time, and keeps what comes of it.
 * @param folder as `retryFolder` has it, without an attempt
 * @param left items of the file
 */
export async function inRealTime({
  failed,
  spec,
  folder,
  origin,
  use,
  left,
}: Part & { folder: string; origin: string | undefined; left: number }): Promise<void> {
  if (!use.sandbox) requireKey(spec.provider, "real_time");
  await using now = await openNow(spec.provider, use);
  // The job's folder, not this process's environment, says who answers it. A stack's provider is asked from here.
  if (use.stack === undefined && now.origin !== origin)
    throw new UsageError(
      `the job was answered by ${origin ?? "the provider itself"}, and the environment leads to ${now.origin ?? "the provider itself"}`,
    );
  const answers = answersIn(folder, new HeldRoom(resolve(use.dataDir)));
  const attempt = { id: randomUUID(), model: spec.model };
  // This run counts as if it were killed, until it says otherwise.
  writeAttempt(folder, { ...attempt, unknown: Math.min(left, MOST_AT_ONCE) });
  const asker = new FailedAsker(spec, { provider: now.provider, answers });
  try {
    await quoteFile(failed, settingsOf(spec), new RowWatcher((row) => asker.ask(row)).open);
    await asker.finish();
    writeAttempt(folder, { ...attempt, unknown: 0 });
  } catch (error) {
    await asker.finish().catch(() => {});
    try {
      writeAttempt(folder, { ...attempt, unknown: answers.lost });
    } catch {
      // On a full disk, the count stays too high.
    }
    if (answers.lost === 0) throw error;
    const said = `${counted(answers.lost, "answer")} that came meanwhile could not be kept, and will be paid for again`;
    throw new Error(`${messageOf(explainDisk(error, use.dataDir))}; ${said}`, { cause: error });
  }
}
