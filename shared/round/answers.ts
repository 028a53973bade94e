/** What the provider returned for one round, as far as it was read. */
import type { ModelPrices } from "../models.ts";
import { lineOf } from "../objects/keys.ts";
import { firstPlace, type ItemOutcome, type ResultsPlace } from "../providers/provider.ts";
import { resultTail } from "../providers/wire/answer.ts";
import type { BatchRecord } from "../records/batch-record.ts";
import type { LineEnd } from "../report/batch-report.ts";
import { RoundBill } from "./round-bill.ts";
import { RoundReport } from "./round-report.ts";
import type { Judge } from "./schema-check.ts";
import { Spool } from "./spool.ts";

export interface Answers {
  spool: Spool;
  roundBill: RoundBill;
  report: RoundReport;
  /** Result lines with this round's tag; one that was read twice counts twice. */
  ours: number;
  /** Where reading stopped. */
  place: ResultsPlace;
  complete: boolean;
}

/** None read yet. `jobLines`: items of the job. `prices`: the job's own. */
export function noAnswers(record: BatchRecord, jobLines: number, prices?: ModelPrices): Answers {
  return {
    spool: new Spool(),
    roundBill: new RoundBill(record, prices),
    report: new RoundReport(jobLines),
    ours: 0,
    place: firstPlace(),
    complete: false,
  };
}

/** What a report counts of an outcome. Only answers that count are parsed again. */
function lineEnd(line: number, { status, error, response }: ItemOutcome): LineEnd {
  const parsed = status === "succeeded" && response?.parsed ? JSON.parse(response.parsed) : null;
  return {
    line,
    status,
    error,
    response: response && { parsed, finish_reason: response.finish_reason, usage: response.usage },
  };
}

/**
 * Takes a result line. Of two for one item the first with an answer counts, so taking one twice changes
 * nothing. Lines with a tag that is not this round's, and lines that cannot be read, are nobody's.
 */
export function takeOutcome(
  answers: Answers,
  found: ItemOutcome,
  tag: string,
  judge: Judge = (it) => it,
): void {
  const line = found.custom_id === null ? null : lineOf(found.custom_id, tag);
  if (line === null) return;
  const outcome = judge(found);
  answers.ours++;
  answers.roundBill.add(line, outcome);
  const known = answers.spool.statusOf(line);
  if (known === undefined) answers.report.count(lineEnd(line, outcome), outcome.retryable);
  if (known === "succeeded" || (known !== undefined && outcome.status !== "succeeded")) return;
  answers.spool.add(line, outcome.status, outcome.retryable, resultTail(outcome));
}
