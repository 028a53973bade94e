import { requiredSeconds } from "../../shared/environment.ts";
import { ENV } from "../../shared/names.ts";
import { batchStep } from "../../shared/workflow/batch-step.ts";
import { answerNow } from "./answer-now.ts";

/** State `AnswerNow`. */
export const handler = batchStep("answer-now", (state, deps) =>
  answerNow(state, { ...deps, runSeconds: requiredSeconds(ENV.runSeconds) }),
);
