/** Wakes the execution that waits for a batch. */
import { noteWake } from "../records/wake-record.ts";
import { note } from "../telemetry.ts";

/** What `wakeBatch` needs besides the table. */
export interface WakeDeps {
  /** Ends the wait of a task, by its token; false when it was over. */
  wake: (token: string) => Promise<boolean>;
  /** Unix seconds. */
  now: () => number;
}

/**
 * Notes the wake signal of a batch, and wakes the execution that waits for it. The batch may be another program's.
 * The signal may come late or twice: the poll that follows reads the true status. An execution that polls just now
 * finds the note before its next wait.
 */
export async function wakeBatch(provider_batch_id: string, { wake, now }: WakeDeps): Promise<void> {
  const { task_token, ...waiting } = await noteWake(provider_batch_id, now());
  const woken = task_token !== undefined && (await wake(task_token));
  note({ ...waiting, provider_batch_id, outcome: woken ? "woken" : "nobody waits" });
}
