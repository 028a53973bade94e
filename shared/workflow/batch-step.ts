/** One step of a batch, as the Lambdas of its workflow are: the state goes in, the next state comes out. */

import { unixNow } from "../clock.ts";
import { ProviderUnavailableError } from "../errors.ts";
import { BatchState } from "../payload.ts";
import { updateBatch } from "../records/batch-record.ts";
import { type Handler, note, observed } from "../telemetry.ts";

/**
 * The handler of a Lambda that takes one step of a batch. When the provider cannot answer now, that is noted on the
 * batch's record, as far as the table lets us, and the error goes on: it tells a stuck batch from a slow one.
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
        const trouble = { message: error.message, at: unixNow() };
        await updateBatch(state, { trouble }).catch(() => false);
      }
      throw error;
    }
  });
}
