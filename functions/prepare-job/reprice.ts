/** Applies the prices of a later start of a job. Its batches stay as they are, and its quotes are calculated again. */
import { isDeepStrictEqual } from "node:util";
import type { Bill, JobSpec } from "../../shared/models.ts";
import { chargeFor } from "../../shared/money/prices.ts";
import { addToBill, emptyBill } from "../../shared/money/sums.ts";
import { type JobFile, writeJobFile } from "../../shared/objects/job-file.ts";

/** The job's file by the prices of this start; those of an earlier start hold where it gives none. */
export async function repriced(job_id: string, file: JobFile, { prices }: JobSpec): Promise<JobFile> {
  if (prices === undefined || isDeepStrictEqual(prices, file.spec.prices)) return file;
  const rebill = (bill: Bill, requests: number) => {
    const again = emptyBill();
    for (const [model, tokens] of Object.entries(bill)) {
      const promptLength = tokens.prompt_tokens / Math.max(1, requests);
      addToBill(again, model, chargeFor(file.spec.provider, model, tokens, prices, promptLength));
    }
    return again;
  };
  const batches = file.batches.map((quote) => ({
    ...quote,
    input: rebill(quote.input, quote.requests),
    most: rebill(quote.most, quote.requests),
  }));
  const next = { ...file, spec: { ...file.spec, prices }, batches };
  await writeJobFile(job_id, next);
  return next;
}
