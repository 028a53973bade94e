/** What a real-time round may cost, of the job's `max_cost_usd`. */
import type { RoundQuote } from "../../shared/models.ts";
import { totalOf } from "../../shared/money/sums.ts";
import type { BatchRecord } from "../../shared/records/batch-record.ts";
import { costBeside, roundMost } from "../../shared/records/job-cost.ts";
import type { JobRecord } from "../../shared/records/job-record.ts";
import type { Journal } from "./journal.ts";

/** Lets items be asked while there is room beside what is spent, and what is under way at its most. */
export class Budget {
  readonly cap: number | undefined;
  readonly #room: number;
  readonly #excess: number;
  readonly #journal: Journal;
  /** US dollars that what is under way, and what broke off, may cost. */
  #reserved = 0;

  private constructor(cap: number | undefined, room: number, excess: number, journal: Journal) {
    this.cap = cap;
    this.#room = room;
    this.#excess = excess;
    this.#journal = journal;
  }

  /** The budget of a round: what the job's other rounds leave, which count with what they may cost at most. */
  static async of(record: BatchRecord, job: JobRecord | null, journal: Journal): Promise<Budget> {
    const cap = job?.max_cost_usd;
    if (cap === undefined) return new Budget(undefined, Number.POSITIVE_INFINITY, 0, journal);
    const mean = (record.quote?.cost_usd ?? Number.POSITIVE_INFINITY) / Math.max(1, record.request_count);
    const lost = journal.unknown > 0 ? journal.unknown * mean : 0;
    const { others, excess } = await costBeside(record);
    // The other rounds count this one with its quote: what it asks again must fit into that, too.
    const room = Math.min(cap - others - lost, roundMost(record, excess));
    return new Budget(cap, room, excess, journal);
  }

  /** Takes room for an item; undefined when there is none now. Gives what was taken, to be given back. */
  take(most: () => RoundQuote): number | undefined {
    if (this.cap === undefined) return 0;
    const { cost_usd, input_usd } = most();
    const usd = (cost_usd ?? Number.POSITIVE_INFINITY) + this.#excess * (input_usd ?? 0);
    const spent = totalOf(this.#journal.answers.roundBill.bill).cost_usd ?? Number.POSITIVE_INFINITY;
    if (!(spent + this.#reserved + usd <= this.#room)) return undefined;
    this.#reserved += usd;
    return usd;
  }

  /** Gives room back, once the item's own cost is in the journal. */
  giveBack(usd: number): void {
    this.#reserved -= usd;
  }
}
