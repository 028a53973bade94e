/** One step of a batch: the Lambda takes the state and returns the next one. */
import { unixNow } from "../clock.ts";
import { ProviderUnavailableError } from "../errors.ts";
import { BatchState } from "../payload.ts";
import type { Provider } from "../providers/provider.ts";
import { providerOf } from "../providers/registry.ts";
import { troubled } from "../records/lifecycle/trouble.ts";
import { type Handler, note, observed } from "../telemetry.ts";
import type { Account } from "../tenants/account.ts";

/** What a step of a batch needs besides S3 and the table. */
export interface StepDeps {
  provider: (account: Account) => Promise<Provider>;
  /** Unix seconds. */
  now: () => number;
}

/** What a step needs that may take longer than a Lambda has. */
export interface LongStepDeps extends StepDeps {
  /** Seconds after which a run stops at its next safe point; the next run resumes. */
  runSeconds: number;
}

/**
 * The handler of a Lambda that takes one step of a batch. When the provider cannot answer now, the error is noted in the
 * batch's record, if possible, and thrown again. So `nightshift status` distinguishes a stuck batch from a slow one.
 */
export function batchStep(
  lambda: string,
  step: (state: BatchState, deps: StepDeps) => Promise<BatchState>,
): Handler<BatchState> {
  return observed(lambda, async (event) => {
    const state = BatchState.parse(event);
    const { job_id, batch, round } = state;
    note({ job_id, batch, round });
    try {
      return await step(state, { provider: providerOf, now: unixNow });
    } catch (error) {
      if (error instanceof ProviderUnavailableError) {
        await troubled(state, { message: error.message, at: unixNow() }).catch(() => false);
      }
      throw error;
    }
  });
}
