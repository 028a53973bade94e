/** The write behind each named transition. Only this folder imports it. */
import { type BatchRecord, batchKey } from "../batch-record.ts";
import { update } from "../table.ts";
import { type Phase, phaseOf, TRANSITIONS, type Transition } from "./phases.ts";

export type Fields = Partial<BatchRecord>;

/** The one write of a record that has begun. `only`: conditions beside the fence. */
export async function move(
  transition: Transition,
  found: BatchRecord,
  set: Fields,
  only: Fields = {},
): Promise<BatchRecord | null> {
  const from: readonly Phase[] = TRANSITIONS[transition].from;
  if (!from.includes(phaseOf(found))) return null;
  const { attempt, status, creating_at, provider_batch_id, collected } = found;
  const fence: Fields = { attempt, status, provider_batch_id, collected };
  // The SDK may send a write again whose answer was lost: it must not be refused by its own first copy.
  if (transition !== "aboutToCreate") fence.creating_at = creating_at;
  return (await update(batchKey(found), set, { ...fence, ...only })) ? { ...found, ...set } : null;
}

/** What ends with a wait, and with whatever stopped the batch before. */
export const WAIT = {
  next_poll_at: undefined,
  waiting_for: undefined,
  trouble: undefined,
  error: undefined,
} satisfies Fields;

/** What ends with a create that surely made nothing. */
export const CREATE = {
  creating_at: undefined,
  undecided_until: undefined,
  upload_id: undefined,
} satisfies Fields;

/** What one more refusal of a whole round sets. */
export function refusedOnceMore({ refusals = 0, refusals_ever = 0 }: BatchRecord): Fields {
  return { refused: true, refusals: refusals + 1, refusals_ever: refusals_ever + 1 };
}
