/** What the job's report needs of one round: lines that ended with it, and lines that have yet to end. */

import type { BatchResult, LLMResponse } from "../models.ts";
import { roundReportKey } from "../objects/keys.ts";
import { writeText } from "../objects/objects.ts";
import type { BatchId } from "../records/batch-record.ts";
import { BatchReport, type LineEnd, type SampleRow, type StoredReport } from "../report/batch-report.ts";
import { promptText } from "../report/prompt-text.ts";
import { shortText } from "../report/short-text.ts";
import { requestsOf } from "./request-lines.ts";

/** Characters that a report shows of a prompt, an answer or an error. */
const TEXT_CHARACTERS = 2000;

/** What an earlier run of the step counted. */
export interface CountedReport extends StoredReport {
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

  /** Writes the report of the round. */
  async write(id: BatchId): Promise<void> {
    const rows = [...this.#ended.rows, ...this.#again.rows].filter(({ status }) => status !== "invalid");
    const asking = new Map(rows.map((row) => [row.line, row]));
    // The first round has every line: those too that this round did not send.
    for (const round of new Set([id.round, 1]))
      if (asking.size > 0) await addPrompts(asking, { ...id, round });
    const report: StoredReport = { ended: this.#ended.toJSON(), again: this.#again.toJSON() };
    await writeText(roundReportKey(id.job_id, id.batch, id.round), JSON.stringify(report));
  }

  toJSON(): CountedReport {
    return { ended: this.#ended.toJSON(), again: this.#again.toJSON(), chosen: [...this.#chosen] };
  }
}

/** Gives rows the prompts that a round has, and takes them out of `rows`. */
async function addPrompts(rows: Map<number, SampleRow>, round: BatchId): Promise<void> {
  for await (const requests of requestsOf(round)) {
    for (const { line, bytes } of requests) {
      const row = rows.get(line);
      if (row) row.prompt = cut(promptText(bytes));
      rows.delete(line);
    }
    if (rows.size === 0) return;
  }
}

function cut(text: string | null | undefined): string | null {
  return text == null ? null : shortText(text, TEXT_CHARACTERS);
}
