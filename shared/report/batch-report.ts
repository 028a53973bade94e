/** What a report needs of one batch: counts, distributions and a few rows. Kept beside the batch's rows. */
import type { ItemStatus } from "../models.ts";
import { type ErrorGroup, ErrorGroups } from "./error-groups.ts";
import { AnswerFields, type FieldStats } from "./field-stats.ts";
import { addCount, Histogram, type HistogramRows } from "./histogram.ts";
import { isSampled } from "./sample.ts";

/** One row that the report shows; texts are cut. */
export interface SampleRow {
  line: number;
  custom_id: string;
  status: ItemStatus;
  /** What the request asked; null when the line was never sent. */
  prompt: string | null;
  answer: string | null;
  error: string | null;
}

/** A batch's part of the report, as it is stored. */
export interface BatchReportData {
  prompt_tokens: HistogramRows;
  completion_tokens: HistogramRows;
  finish_reasons: [reason: string, count: number][];
  errors: ErrorGroup[];
  fields: FieldStats[];
  rows: SampleRow[];
}

/** What is stored of a round. Of the lines that have yet to end, those of a batch's last round count. */
export interface StoredReport {
  ended: BatchReportData;
  again: BatchReportData;
}

/** The end of one line, as far as a report counts it. */
export interface LineEnd {
  line: number;
  status: ItemStatus;
  error: string | null;
  response: {
    parsed: unknown;
    finish_reason: string;
    usage: { prompt_tokens: number; completion_tokens: number };
  } | null;
}

/** Counts the lines of a batch, one by one; two reports merge into what one would have counted. */
export class BatchReport {
  readonly rows: SampleRow[] = [];
  readonly #prompt = new Histogram();
  readonly #completion = new Histogram();
  readonly #finish = new Map<string, number>();
  readonly #errors = new ErrorGroups();
  readonly #fields = new AnswerFields();

  /** Counts the end of a line. @returns whether the report shows its row, in a job of so many lines */
  add({ line, status, error, response }: LineEnd, lines: number): boolean {
    if (response) {
      this.#prompt.add(response.usage.prompt_tokens);
      this.#completion.add(response.usage.completion_tokens);
      addCount(this.#finish, response.finish_reason, 1);
    }
    if (error !== null) return this.#errors.add(line, status, error) || isSampled(line, lines);
    this.#fields.add(response?.parsed);
    return isSampled(line, lines);
  }

  merge(other: BatchReportData): void {
    this.#prompt.merge(other.prompt_tokens);
    this.#completion.merge(other.completion_tokens);
    for (const [reason, count] of other.finish_reasons) addCount(this.#finish, reason, count);
    this.#errors.merge(other.errors);
    this.#fields.merge(other.fields);
    this.rows.push(...other.rows);
  }

  toJSON(): BatchReportData {
    return {
      prompt_tokens: this.#prompt.toJSON(),
      completion_tokens: this.#completion.toJSON(),
      finish_reasons: [...this.#finish].sort(([, a], [, b]) => b - a),
      errors: this.#errors.toJSON(),
      fields: this.#fields.toJSON(),
      rows: this.rows,
    };
  }
}
