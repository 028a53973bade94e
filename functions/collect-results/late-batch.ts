/** The money of a batch that was left to real time: its rows are the real-time round's, its answers are billed all the same. */
import { requireJobFile } from "../../shared/objects/job-file.ts";
import type { Provider } from "../../shared/providers/provider.ts";
import { lateSettled } from "../../shared/records/batch-lifecycle.ts";
import { type BatchRecord, readBatch } from "../../shared/records/batch-record.ts";
import { noAnswers, takeOutcome } from "../../shared/round/answers.ts";
import { note } from "../../shared/telemetry.ts";
import type { CollectDeps } from "./collect-results.ts";
import { endedBatch } from "./fetch-answers.ts";

/** The batch of an earlier round that was left unended, and whose last word is not written; null when there is none. */
export async function lateBatch({ job_id, batch, late_round }: BatchRecord): Promise<BatchRecord | null> {
  if (late_round === undefined) return null;
  const record = await readBatch({ job_id, batch, round: late_round });
  return record && record.late === undefined ? record : null;
}

/** Bills what the batch has answered, where its end was seen; else notes that this is not known. */
export async function settleLate(record: BatchRecord, deps: CollectDeps): Promise<void> {
  if (record.late !== undefined) return;
  const startedAt = deps.now();
  const isLate = () => deps.now() - startedAt > deps.runSeconds;
  const provider = record.late_seen ? await deps.provider(record) : null;
  const bill = provider && (await billOf(record, provider, isLate));
  note({ outcome: bill ? "late answers billed" : "late answers not known" });
  await lateSettled(
    record,
    bill ? { billed: bill.bill, usage: bill.usage, late: "billed" } : { late: "left" },
  );
  if (provider && bill) await provider.deleteFiles(endedBatch(record));
}

/** Null when its results are not ours, or too many to be read in one run. */
async function billOf(record: BatchRecord, provider: Provider, isLate: () => boolean) {
  const { lines, spec } = await requireJobFile(record.job_id);
  const answers = noAnswers(record, lines, spec.prices);
  try {
    for await (const outcomes of provider.getResults(endedBatch(record))) {
      for (const outcome of outcomes) {
        takeOutcome(answers, outcome, record.tag);
        if (isLate()) return null;
      }
    }
    if (record.unproved && answers.ours === 0) return null;
    answers.roundBill.close();
    return answers.roundBill;
  } finally {
    answers.spool.close();
  }
}
