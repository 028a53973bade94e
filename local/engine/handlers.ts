/** The deployed handlers, by the name that the synthesized definition gives their Lambda. */
import { handler as answerNow } from "../../functions/answer-now/handler.ts";
import { handler as collectResults } from "../../functions/collect-results/handler.ts";
import { handler as finalizeJob } from "../../functions/finalize-job/handler.ts";
import { handler as pollStatus } from "../../functions/poll-status/handler.ts";
import { handler as prepareJob } from "../../functions/prepare-job/handler.ts";
import { handler as recordFailure } from "../../functions/record-failure/handler.ts";
import { handler as submitBatch } from "../../functions/submit-batch/handler.ts";

export type Handler = (event: unknown) => Promise<unknown>;

export const HANDLERS: ReadonlyMap<string, Handler> = new Map(
  Object.entries({
    "functions/prepare-job": prepareJob,
    "functions/submit-batch": submitBatch,
    "functions/poll-status": pollStatus,
    "functions/collect-results": collectResults,
    "functions/answer-now": answerNow,
    "functions/finalize-job": finalizeJob,
    "functions/record-failure": recordFailure,
  }),
);
