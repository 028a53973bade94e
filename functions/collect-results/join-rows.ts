/** Which row each line of a batch gets in a round: pure, so that it can be tried on any answers. */
import type { BatchResult, BatchStatus, ItemCounts, ItemStatus } from "../../shared/models.ts";
import { NO_COUNTS } from "../../shared/money/sums.ts";
import { type IndexEntry, resultHead, unanswered } from "../../shared/objects/index-line.ts";
import type { BatchRecord } from "../../shared/records/batch-record.ts";
import type { Answers } from "../../shared/round/answers.ts";
import { batchErrors, type NoAnswer, neverSent } from "./batch-errors.ts";
import { hasRun } from "./lost-answers.ts";
import type { Waiting } from "./next-round.ts";

/** One row: its text in two pieces, the second as it lies in the spool. */
export interface JoinedRow {
  head: string;
  tail: Buffer | null;
  status: ItemStatus;
}

/** Joins the lines of a batch, in the order of its index, to the answers of a round. */
export class RowJoiner {
  readonly counts: ItemCounts = { ...NO_COUNTS };
  /** Lines of this round that ran, by their results. */
  ran = 0;
  /** Lines of this round that may succeed when sent again. */
  readonly retry = new Set<number>();
  readonly #round: number;
  readonly #answers: Pick<Answers, "spool" | "report">;
  readonly #waiting: ReadonlySet<number>;
  readonly #again: ReadonlySet<number>;
  readonly #sent: ReadonlySet<number> | null;
  readonly #status: BatchStatus;
  readonly #noAnswer: (place: number) => NoAnswer;
  readonly #never: NoAnswer | null;
  /** Lines that are not sent, nor were in this round, because the round was stopped. */
  readonly #stopped: (line: number) => boolean;
  #place = 0;

  /** `sent`: the lines of this round; null when it is the first. */
  constructor(
    record: BatchRecord,
    answers: Pick<Answers, "spool" | "report">,
    { fresh, again }: Waiting,
    sent: ReadonlySet<number> | null = null,
  ) {
    this.#round = record.round;
    this.#status = record.status;
    this.#answers = answers;
    this.#waiting = fresh;
    this.#again = again;
    this.#sent = sent;
    this.#noAnswer = batchErrors(record);
    this.#never = neverSent(record);
    // What was tried keeps its own error, except that nothing else would say why the cap ends it.
    this.#stopped = (line) => fresh.has(line) || (record.over_cost === true && again.has(line));
  }

  /** The row of the next line; null when it keeps the one of the round before: see `keep`. */
  row(entry: IndexEntry): JoinedRow | null {
    const [line, , invalid, , prompt] = entry;
    if (invalid !== undefined)
      return this.#without(entry, { status: "invalid", error: invalid, retryable: false });
    if (this.#never && this.#stopped(line)) return this.#without(entry, { ...this.#never, retryable: false });
    if (this.#sent && !this.#sent.has(line)) return null;
    this.#place++;
    const answer = this.#answers.spool.get(line);
    if (!answer) return this.#without(entry, this.#noAnswer(this.#place));
    const { status, retryable, bytes } = answer;
    if (hasRun(this.#status, status)) this.ran++;
    const head = resultHead(entry);
    this.#answers.report.show(line, retryable, () => ({
      ...JSON.parse(head + bytes.toString("utf8")),
      prompt,
    }));
    this.#count(line, status, retryable);
    return { head, tail: bytes, status };
  }

  /** Counts a row that is kept. `row`: its bytes in the rows of the round before. */
  keep([line, , , , prompt]: IndexEntry, status: ItemStatus, row: Buffer): void {
    this.counts[status]++;
    // What no later round ends is in the report of the last one.
    if (!this.#again.has(line) && !this.#waiting.has(line)) return;
    const { custom_id, error, response }: BatchResult = JSON.parse(row.toString("utf8"));
    const { report } = this.#answers;
    report.count({ line, status, error, response }, true);
    report.show(line, true, () => ({ custom_id, status, error, response, prompt }));
  }

  #without(entry: IndexEntry, { status, error, retryable }: Fate): JoinedRow {
    const [line, custom_id, , , prompt] = entry;
    // An invalid line is in the rows of every round.
    if (status !== "invalid" || this.#round === 1) {
      const { report } = this.#answers;
      report.count({ line, status, error, response: null }, retryable);
      report.show(line, retryable, () => ({ custom_id, status, error, response: null, prompt }));
    }
    this.#count(line, status, retryable);
    return { head: unanswered(entry, status, error), tail: null, status };
  }

  #count(line: number, status: ItemStatus, retryable: boolean): void {
    this.counts[status]++;
    if (retryable) this.retry.add(line);
  }
}

type Fate = Omit<NoAnswer, "status"> & { status: ItemStatus };
