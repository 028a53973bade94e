/** What the job's report needs of one round: lines that ended with it, and lines that may be sent again. */

import type { BatchResult, LLMResponse } from "../../shared/models.ts";
import { roundReportKey } from "../../shared/objects/keys.ts";
import { writeText } from "../../shared/objects/objects.ts";
import type { BatchId } from "../../shared/records/batch-record.ts";
import { BatchReport, type BatchReportData, type LineEnd } from "../../shared/report/batch-report.ts";
import { promptText } from "../../shared/report/prompt-text.ts";
import { shortText } from "../../shared/report/short-text.ts";
import { requestsOf } from "./request-lines.ts";

/** Characters that a report shows of a prompt, an answer or an error. */
const TEXT_CHARACTERS = 2000;

/** What an earlier run of the step counted. */
export interface CountedReport {
  ended: BatchReportData;
  again: BatchReportData;
  chosen: number[];
}

/** The part of a result that a report shows. */
type ShownResult = Pick<BatchResult, "custom_id" | "status" | "error"> & {
  response: Pick<LLMResponse, "content"> | null;
};

/** Counts a round's lines as they come. */
export class RoundReport {
  readonly #ended = new BatchReport();
  readonly #again = new BatchReport();
  /** Lines whose rows the report shows. */
  readonly #chosen: Set<number>;
  readonly #jobLines: number;

  /** `jobLines`: items of the job. `before`: what an earlier run counted. */
  constructor(jobLines: number, before?: CountedReport) {
    this.#jobLines = jobLines;
    this.#chosen = new Set(before?.chosen);
    if (before) {
      this.#ended.merge(before.ended);
      this.#again.merge(before.again);
    }
  }

  /** Counts a line. `retryable`: it may be sent again. */
  count(end: LineEnd, retryable: boolean): void {
    const report = retryable ? this.#again : this.#ended;
    if (report.add(end, this.#jobLines)) this.#chosen.add(end.line);
  }

  /** Keeps a row for the report, where it is one that it shows. `row` gives the row as it is in the results. */
  show(line: number, retryable: boolean, row: () => ShownResult): void {
    if (!this.#chosen.has(line)) return;
    const { custom_id, status, error, response } = row();
    const texts = { prompt: null, answer: cut(response?.content), error: cut(error) };
    (retryable ? this.#again : this.#ended).rows.push({
      line,
      custom_id: shortText(custom_id, 200),
      status,
      ...texts,
    });
  }

  /** Writes the report of the round. `isLast`: no line is sent again. */
  async write(id: BatchId, isLast: boolean): Promise<void> {
    if (isLast) this.#ended.merge(this.#again.toJSON());
    const rows = new Map(this.#ended.rows.map((row) => [row.line, row]));
    if (rows.size > 0) {
      for await (const requests of requestsOf(id)) {
        for (const { line, bytes } of requests) {
          const row = rows.get(line);
          if (row) row.prompt = cut(promptText(bytes));
        }
      }
    }
    await writeText(roundReportKey(id.job_id, id.batch, id.round), JSON.stringify(this.#ended));
  }

  toJSON(): CountedReport {
    return { ended: this.#ended.toJSON(), again: this.#again.toJSON(), chosen: [...this.#chosen] };
  }
}

function cut(text: string | null | undefined): string | null {
  return text == null ? null : shortText(text, TEXT_CHARACTERS);
}
