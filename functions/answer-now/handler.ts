import { unixNow } from "../../shared/clock.ts";
import { requiredSeconds } from "../../shared/environment.ts";
import { ENV } from "../../shared/names.ts";
import { providerOf } from "../../shared/providers/registry.ts";
import { batchStep } from "../../shared/workflow/batch-step.ts";
import { answerNow } from "./answer-now.ts";

/** State `AnswerNow`. */
export const handler = batchStep("answer-now", (state) =>
  answerNow(state, { provider: providerOf, now: unixNow, runSeconds: requiredSeconds(ENV.runSeconds) }),
);
