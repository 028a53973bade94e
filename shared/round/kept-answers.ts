/**
 * Answers that wait in S3 while one run of collecting ends and the next begins: a Lambda has 15 minutes. Each pause
 * writes all that was read so far, as one object under a number of its own. Whichever run wrote it, what is in it
 * belongs together.
 */
import { Bill, type ModelPrices } from "../models.ts";
import { answersKey } from "../objects/keys.ts";
import { ObjectWriter, writeWhole } from "../objects/object-writer.ts";
import { openObject } from "../objects/objects.ts";
import type { ResultsPlace } from "../providers/provider.ts";
import type { BatchRecord } from "../records/batch-record.ts";
import { paused } from "../records/lifecycle/at-provider.ts";
import type { Answers } from "./answers.ts";
import { RoundBill } from "./round-bill.ts";
import { type CountedReport, RoundReport } from "./round-report.ts";
import { Spool, type SpoolRow } from "./spool.ts";

const LF = 0x0a;

/** The first line of the object; the spool's bytes follow. */
interface Head {
  /** Whose answers they are: a batch that proved to be another's is given back, and its answers with it. */
  provider_batch_id: string;
  /** Polls that found the batch without all of its parts: results that were read before another poll are old. */
  unsettled?: number | undefined;
  place: ResultsPlace;
  ours: number;
  bill: Bill;
  /** Lines whose answer is in the bill. */
  billed: number[];
  /** Lines that were answered without a word on their tokens. */
  unpriced: number[];
  rows: SpoolRow[];
  report: CountedReport;
}

/** Keeps what was read for the next run. When another run was faster, it is for nobody. */
export async function keepAnswers(record: BatchRecord, answers: Answers): Promise<void> {
  const pauses = (record.pauses ?? 0) + 1;
  await writeAnswers(record, answers, pauses);
  await paused(record, pauses);
}

/** Writes all answers of a round as pause number `pause`, for the run that reads it. */
export async function writeAnswers(record: BatchRecord, answers: Answers, pause: number): Promise<void> {
  const { job_id, batch, round, provider_batch_id = "", unsettled } = record;
  const { spool, roundBill, place, ours } = answers;
  const { bill, billed, unpriced } = roundBill;
  const head: Head = {
    provider_batch_id,
    unsettled,
    place,
    ours,
    bill,
    billed,
    unpriced,
    rows: spool.rows(),
    report: answers.report.toJSON(),
  };
  const writer = new ObjectWriter(answersKey(job_id, batch, round, pause), {
    contentType: "application/octet-stream",
  });
  await writeWhole([writer], async () => {
    await writer.write(`${JSON.stringify(head)}\n`);
    for (const bytes of spool.bytes()) await writer.write(bytes);
  });
}

/** What the runs before have read; null when there is nothing of this batch. */
export async function keptAnswers(
  record: BatchRecord,
  jobLines: number,
  prices?: ModelPrices,
): Promise<Answers | null> {
  const { job_id, batch, round, pauses, provider_batch_id = "", unsettled } = record;
  if (!pauses) return null;
  const body = await openObject(answersKey(job_id, batch, round, pauses));
  try {
    const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    const { head, rest } = await readHead(chunks);
    if (head.provider_batch_id !== provider_batch_id || head.unsettled !== unsettled) return null;
    const bytes = (async function* () {
      yield rest;
      yield* { [Symbol.asyncIterator]: () => chunks };
    })();
    return {
      spool: await Spool.restore(head.rows, bytes),
      roundBill: new RoundBill(record, prices, head),
      report: new RoundReport(jobLines, head.report),
      ours: head.ours,
      place: head.place,
      complete: false,
    };
  } finally {
    body.destroy();
  }
}

async function readHead(chunks: AsyncIterator<Buffer>): Promise<{ head: Head; rest: Buffer }> {
  const pieces: Buffer[] = [];
  for (;;) {
    const { value: chunk, done } = await chunks.next();
    if (done) throw new Error("the kept answers were cut short");
    const end = chunk.indexOf(LF);
    pieces.push(end === -1 ? chunk : chunk.subarray(0, end));
    if (end === -1) continue;
    // The file is ours, so a bad line is a bug and throws.
    const head = JSON.parse(Buffer.concat(pieces).toString("utf8")) as Head;
    head.bill = Bill.parse(head.bill);
    return { head, rest: chunk.subarray(end + 1) };
  }
}
