/** What a person must know of a batch: an account that cannot pay, a status that is not known, an end that never comes. */
import { ProviderAuthError } from "../../shared/errors.ts";
import type { BatchState } from "../../shared/payload.ts";
import { formatOf } from "../../shared/providers/formats.ts";
import type { Provider, ProviderBatch } from "../../shared/providers/provider.ts";
import type { BatchRecord } from "../../shared/records/batch-record.ts";
import { rejectedForAccount } from "../../shared/records/lifecycle/at-provider.ts";
import { troubled } from "../../shared/records/lifecycle/trouble.ts";
import { queueOf, release } from "../../shared/records/token-ledger.ts";
import { note } from "../../shared/telemetry.ts";

/**
 * A batch that failed for want of money is no failure of its items. The round is made ready to be sent again, and the
 * job ends with what a person must do. `now`: Unix seconds.
 * @throws ProviderAuthError when the account cannot pay, or was stopped
 */
export async function failIfAccount(
  record: BatchRecord,
  batch: ProviderBatch,
  provider: Provider,
  now: number,
): Promise<void> {
  if (batch.status !== "failed") return;
  const { kind, message } = formatOf(record.provider).failureOf(batch.raw);
  if (kind !== "account") return;
  await release(queueOf(record), record, now);
  await provider.deleteFiles(batch);
  await rejectedForAccount(record);
  throw new ProviderAuthError(
    `the provider failed the batch because of the account (${message}): pay or raise its limit, then start the job again`,
  );
}

/** A status that is not known is polled on, and said. `at`: Unix seconds. */
export async function noteUnknownStatus(state: BatchState, batch: ProviderBatch, at: number): Promise<void> {
  if (batch.unknown_status === undefined) return;
  note({ outcome: "the provider's status is not known" });
  const word = JSON.stringify(batch.unknown_status);
  await troubled(state, {
    message: `the provider gives a status that is not known, ${word}; it is polled on`,
    at,
  });
}

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
