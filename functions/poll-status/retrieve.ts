/** Looks at a batch, and asks it to end where nobody needs it any more. */
import { ProviderRejectedError, ProviderUnavailableError } from "../../shared/errors.ts";
import { hasEnded } from "../../shared/models.ts";
import type { Provider, ProviderBatch } from "../../shared/providers/provider.ts";
import type { BatchRecord } from "../../shared/records/batch-record.ts";
import { note } from "../../shared/telemetry.ts";

/** The batch at the provider. `stop`: it is asked to end, if it surely is ours and has not been asked. */
export async function retrieve(
  record: BatchRecord,
  id: string,
  provider: Provider,
  stop: boolean,
): Promise<ProviderBatch> {
  const batch = await provider.pollStatus(id);
  // A batch found by time and count only may be another's: it is left to its end, whose results decide.
  if (!stop || record.unproved || hasEnded(batch.status) || batch.status === "cancelling") return batch;
  return provider.cancelBatch(id).catch((error: unknown) => {
    // One that is about to end cannot be cancelled any more (409). The next poll tries again.
    if (!(error instanceof ProviderRejectedError || error instanceof ProviderUnavailableError)) throw error;
    note({ provider_errors: 1 });
    return batch;
  });
}
