/** Temporary errors of a provider, noted on the batch's record: what tells a stuck batch from a slow one. */
import { type BatchId, updateBatch } from "./batch-record.ts";
import { ProviderUnavailableError } from "./errors.ts";

/**
 * Runs one step of a batch. When the provider cannot answer now, that is noted on the record, as far
 * as the table lets us, and the error goes on. `now`: Unix seconds.
 */
export async function notingTrouble<T>(id: BatchId, now: () => number, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof ProviderUnavailableError) {
      const trouble = { message: error.message, at: now() };
      await updateBatch(id, { trouble }).catch(() => false);
    }
    throw error;
  }
}
