import type { BatchResult } from "../../../../shared/models.ts";
import type { ItemOutcome } from "../../../../shared/providers/provider.ts";
import { resultTail } from "../../../../shared/providers/wire/answer.ts";
import type { OutcomeOf } from "../../../../shared/providers/wire/result-lines.ts";

/** An outcome with its response and its raw line as a reader of `results.jsonl` finds them. */
export type ReadOutcome = Omit<ItemOutcome, "response" | "raw"> & Pick<BatchResult, "response" | "raw">;

/** What becomes of a provider's line, written and read again. */
export function readOutcome(outcomeOf: OutcomeOf, line: unknown): ReadOutcome {
  return asRead(outcomeOf(line, JSON.stringify(line) ?? "null"));
}

/** What a reader of `results.jsonl` finds of an outcome. */
function asRead(outcome: ItemOutcome): ReadOutcome {
  const { response, raw } = JSON.parse(`{${resultTail(outcome)}`);
  return { ...outcome, response, raw };
}
