/** One step of a batch: the Lambda takes the state and returns the next one. */
import { unixNow } from "../clock.ts";
import { ProviderUnavailableError } from "../errors.ts";
import { BatchState } from "../payload.ts";
import { troubled } from "../records/lifecycle/trouble.ts";
import { type Handler, note, observed } from "../telemetry.ts";

/**
 * The handler of a Lambda that takes one step of a batch. When the provider cannot answer now, the error is noted in the
 * batch's record, if possible, and thrown again. So `nightshift status` distinguishes a stuck batch from a slow one.
 */
export function batchStep(
  lambda: string,
  step: (state: BatchState) => Promise<BatchState>,
): Handler<BatchState> {
  return observed(lambda, async (event) => {
    const state = BatchState.parse(event);
    const { job_id, batch, round } = state;
    note({ job_id, batch, round });
    try {
      return await step(state);
    } catch (error) {
      if (error instanceof ProviderUnavailableError) {
        await troubled(state, { message: error.message, at: unixNow() }).catch(() => false);
      }
      throw error;
    }
  });
}
