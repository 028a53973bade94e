/** What a retry in real time has cost whose answers are not in the job's files yet. */
import type { JobSpec, Receipt } from "../../shared/models.ts";
import { jobReceipt } from "../../shared/money/receipt.ts";
import { addToBill, emptyBill, inRealTime } from "../../shared/money/sums.ts";
import { chargeOf } from "../try/try-rows.ts";
import { type Attempt, answersIn } from "./attempt.ts";
import { withModel } from "./in-real-time.ts";

/**
 * Of all that was asked, also of what got no answer.
 * @param folder as `retryFolder` has it
 * @param spec the job's own
 * @returns null when nothing was asked
 */
export async function attemptReceipt(
  folder: string,
  spec: Pick<JobSpec, "provider" | "model" | "prices">,
  { model, unknown: lost }: Attempt,
): Promise<Receipt | null> {
  const bill = emptyBill();
  let asked = 0;
  let unknown = lost;
  for await (const answer of answersIn(folder).all()) {
    asked++;
    const { outcome } = answer;
    const charge = chargeOf(answer, withModel(spec, model));
    if (charge) addToBill(bill, outcome?.model ?? model, inRealTime(charge));
    const isUnpriced = outcome?.status === "succeeded" && !outcome.response?.usage.total_tokens;
    unknown += answer.unknown + (isUnpriced ? 1 : 0);
  }
  if (asked === 0 && unknown === 0) return null;
  return jobReceipt({ batch: [], real_time: [bill], unknown: { batch: 0, real_time: unknown } });
}
