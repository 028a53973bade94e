/** A batch that never ends must not be polled for ever without a word. */
import { formatOf } from "../../shared/providers/formats.ts";
import type { BatchRecord } from "../../shared/records/batch-record.ts";

const HOUR = 3600;
/** Hours that a provider gets to end a batch after it was asked to. OpenAI names 10 minutes. */
const STOP_HOURS = 3;
/** Hours that a provider gets beyond its own limit of a batch. */
const GRACE_HOURS = 24;

/**
 * Fails the batch, not its answers: the same job, started again, polls it once more. `now`: Unix seconds.
 * @throws Error when the batch should have ended long ago
 */
export function failIfEndless(record: BatchRecord, now: number): void {
  const { submitted_at = now, stop_asked_at = now, status, provider_batch_id, provider } = record;
  const { longest_hours } = formatOf(provider).limits;
  const problem =
    now - stop_asked_at > STOP_HOURS * HOUR
      ? `${STOP_HOURS} hours after it was asked to end`
      : now - submitted_at > (longest_hours + GRACE_HOURS) * HOUR
        ? `${longest_hours + GRACE_HOURS} hours after it was sent`
        : null;
  if (problem === null) return;
  throw new Error(
    `the provider's batch ${provider_batch_id} is still ${status} ${problem}; start the job again to poll it once more`,
  );
}
