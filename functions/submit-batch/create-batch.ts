/** The one call that makes a provider batch, and what its answer means. */
import { ProviderRejectedError, ProviderUnavailableError } from "../../shared/errors.ts";
import type { BatchState } from "../../shared/payload.ts";
import type { BatchSubmission, Provider } from "../../shared/providers/provider.ts";
import type { BatchRecord } from "../../shared/records/batch-record.ts";
import {
  aboutToCreate,
  createAbandoned,
  createLost,
  createRejected,
} from "../../shared/records/lifecycle/sending.ts";
import { TakenOverError } from "../../shared/records/lifecycle/taken-over.ts";
import { queueOf, release } from "../../shared/records/token-ledger.ts";
import { note } from "../../shared/telemetry.ts";
import { recordCreated, timesOf } from "./adopt-batch.ts";
import { comeAgain, LOST_CREATE, SOON, submitted, waitFor } from "./next-step.ts";
import type { SubmitDeps } from "./submit-deps.ts";

/** Makes the round's batch, of a record that this run has taken over. @returns the state to go on with */
export async function createBatch(
  state: BatchState,
  taken: BatchRecord,
  submission: Omit<BatchSubmission, "beforeCreate">,
  provider: Provider,
  deps: SubmitDeps,
): Promise<BatchState> {
  let mine = taken;
  const { leaseSeconds, settleSeconds } = deps;
  /** Called right before the one call that makes the batch: from then on the batch may exist. */
  const beforeCreate = async (upload_id: string | null) => {
    const now = deps.now();
    const undecided_until = now + leaseSeconds + settleSeconds;
    const creating = { creating_at: now, undecided_until, upload_id: upload_id ?? undefined };
    const record = await aboutToCreate(mine, creating);
    if (!record) throw new TakenOverError();
    mine = record;
  };
  try {
    const batch = await provider.submitBatch({ ...submission, beforeCreate });
    const now = deps.now();
    const recorded = await recordCreated(mine, batch, provider, timesOf(state, deps, now));
    return recorded ? submitted(state, recorded, now) : comeAgain(state, SOON);
  } catch (error) {
    const now = deps.now();
    if (error instanceof TakenOverError) return comeAgain(state, SOON);
    if (error instanceof ProviderRejectedError) {
      await release(queueOf(mine), mine, now);
      const ended = await createRejected(mine, error.message);
      return ended ? submitted(state, ended, now) : comeAgain(state, SOON);
    }
    if (!(error instanceof ProviderUnavailableError)) throw error;
    note({ provider_errors: 1 });
    const trouble = { message: error.message, at: now };
    if (error.ambiguous) {
      note({ lost_creates: 1 });
      const lost = await createLost(mine, now + settleSeconds, trouble);
      return waitFor({ reason: LOST_CREATE, seconds: SOON }, state, lost ?? mine, now);
    }
    const abandoned = await createAbandoned(mine, trouble);
    if (error.retryAfterSeconds === undefined) throw error;
    const busy = { reason: "the provider to take calls again", seconds: error.retryAfterSeconds };
    return waitFor(busy, state, abandoned ?? mine, now);
  }
}
