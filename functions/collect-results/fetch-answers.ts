/** Brings a provider batch's answers to this machine, told apart by line. */
import type { BatchRecord } from "../../shared/batch-record.ts";
import { lineOf } from "../../shared/keys.ts";
import { BatchJobInfo, type Bill } from "../../shared/models.ts";
import type { ItemOutcome, Provider } from "../../shared/providers/provider.ts";
import { RoundBill } from "./round-bill.ts";
import { Spool } from "./spool.ts";

/** What the provider returned for one round. */
export interface Answers {
  spool: Spool;
  /** What the provider charges for this round. */
  bill: Bill;
  /** Result lines with this round's tag. */
  ours: number;
}

/**
 * Reads all result lines. Of two for one item the first with an answer counts; lines with a tag
 * that is not this round's, and lines that cannot be read, are nobody's.
 */
export async function fetchAnswers(record: BatchRecord, provider: Provider | null): Promise<Answers> {
  const spool = new Spool();
  const roundBill = new RoundBill(record);
  const answers: Answers = { spool, bill: roundBill.bill, ours: 0 };
  try {
    if (provider && record.provider_batch_id) {
      for await (const outcome of provider.getResults(providerInfo(record))) {
        const line = outcome.custom_id === null ? null : lineOf(outcome.custom_id, record.tag);
        if (line === null) continue;
        answers.ours++;
        roundBill.add(line, outcome);
        const known = spool.statusOf(line);
        if (known === "succeeded" || (known !== undefined && outcome.status !== "succeeded")) continue;
        spool.add(line, outcome.status, outcome.retryable, rowTail(outcome));
      }
      roundBill.close();
    }
    return answers;
  } catch (error) {
    spool.close();
    throw error;
  }
}

/** The provider batch of a record, under the provider's own id. */
export function providerInfo(record: BatchRecord): BatchJobInfo {
  return BatchJobInfo.parse({ ...record, job_id: record.provider_batch_id });
}

/** The part of a `BatchResult` line that does not depend on the index: all behind `custom_id`. */
function rowTail({ status, error, response, raw }: ItemOutcome): string {
  return JSON.stringify({ status, response, error, raw }).slice(1);
}
