import { unixNow } from "../../shared/clock.ts";
import { type BatchState, FailureInput, type FinishedJob } from "../../shared/payload.ts";
import { observed } from "../../shared/telemetry.ts";
import { recordBatchFailure, recordJobFailure } from "./record-failure.ts";

/** States `RecordBatchFailure` and `RecordFailure`. */
export const handler = observed(
  "record-failure",
  async (event): Promise<FinishedJob | Pick<BatchState, "info">> => {
    const failure = FailureInput.parse(event);
    if (!failure.batch) return recordJobFailure(failure, unixNow());
    return recordBatchFailure(failure.batch, failure.error);
  },
);
