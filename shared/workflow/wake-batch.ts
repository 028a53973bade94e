/** Ends the wait for a batch of which news came. */
import { noteNews } from "../records/wake-record.ts";
import { note } from "../telemetry.ts";

/** What `wakeBatch` needs besides the table. */
export interface WakeSettings {
  /** Ends the wait of a task, by its token; false when it was over. */
  wake: (token: string) => Promise<boolean>;
  /** Unix seconds. */
  now: () => number;
}

/**
 * Notes that a batch has ended, whoever's it is, and wakes the execution that waits for it. News may come late or twice: the poll that
 * follows finds what is true. A task that no longer waits finds the note before it waits again.
 */
export async function wakeBatch(provider_batch_id: string, { wake, now }: WakeSettings): Promise<void> {
  const { task_token, ...waiting } = await noteNews(provider_batch_id, now());
  const woken = task_token !== undefined && (await wake(task_token));
  note({ ...waiting, provider_batch_id, outcome: woken ? "woken" : "nobody waits" });
}
