import { batchStep } from "../../shared/workflow/batch-step.ts";
import { pollStatus } from "./poll-status.ts";

/** State `PollStatus`. */
export const handler = batchStep("poll-status", pollStatus);
