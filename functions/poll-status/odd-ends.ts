/** What a provider says of a batch that a person must know: an account that cannot pay, a status that is not known. */
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
 * A batch that failed for want of money is no failure of its items: the round is made ready to be sent again, and the
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
