/** What is noted on a round's record in any phase: it changes none. */
import { type BatchId, type BatchRecord, batchKey } from "../batch-record.ts";
import { update } from "../table.ts";

/** A temporary error of a call to the provider: what, and when (Unix seconds). */
export type Trouble = NonNullable<BatchRecord["trouble"]>;

/** Says, in any phase before `collected`, that a call to the provider failed for now. False: not written. */
export function troubled(id: BatchId, trouble: Trouble): Promise<boolean> {
  return update(batchKey(id), { trouble }, { collected: undefined });
}

/** Says, in any phase, why the batch's execution stopped. Whatever the round does next clears it. */
export function stopped(id: BatchId, error: string): Promise<boolean> {
  return update(batchKey(id), { error });
}
