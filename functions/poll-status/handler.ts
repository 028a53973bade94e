import { unixNow } from "../../shared/clock.ts";
import { providerOf } from "../../shared/providers/registry.ts";
import { batchStep } from "../../shared/workflow/batch-step.ts";
import { pollStatus } from "./poll-status.ts";

/** State `PollStatus`. */
export const handler = batchStep("poll-status", (state) =>
  pollStatus(state, { provider: providerOf, now: unixNow }),
);
