/** What the job's report needs of one round: lines that ended with it, and lines that have yet to end. */
import { roundReportKey } from "../objects/keys.ts";
import { writeText } from "../objects/objects.ts";
import type { BatchId } from "../records/batch-record.ts";
import { BatchReport, type LineEnd, type SampleRow, type StoredReport } from "../report/batch-report.ts";
import { shownPrompt } from "../report/prompt-text.ts";
import { type ShownResult, sampleRow } from "../report/sample-row.ts";
import { requestsOf } from "./request-lines.ts";

/** What an earlier run of the step counted. */
export interface CountedReport extends StoredReport {
  chosen: number[];
}

/** `prompt`: as the index has it; the request file has those of other lines. */
type ShownRow = Omit<ShownResult, "line"> & { prompt: string | undefined };

/** Counts a round's lines for the report: those that ended, apart from those that may be sent again. */
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
  show(line: number, retryable: boolean, row: () => ShownRow): void {
    if (!this.#chosen.has(line)) return;
    const { prompt, ...result } = row();
    (retryable ? this.#again : this.#ended).rows.push(sampleRow({ ...result, line }, prompt));
  }

  /** Stores the report, with the prompts of the rows that it shows. */
  async write(id: BatchId): Promise<void> {
    const rows = [...this.#ended.rows, ...this.#again.rows];
    const asking = rows.filter(({ status, prompt }) => status !== "invalid" && prompt === null);
    if (asking.length > 0) await addPrompts(new Map(asking.map((row) => [row.line, row])), id);
    const report: StoredReport = { ended: this.#ended.toJSON(), again: this.#again.toJSON() };
    await writeText(roundReportKey(id.job_id, id.batch, id.round), JSON.stringify(report));
  }

  toJSON(): CountedReport {
    return { ended: this.#ended.toJSON(), again: this.#again.toJSON(), chosen: [...this.#chosen] };
  }
}

/** Gives rows their prompts, and takes them out of `rows`: the first lines with an error, mostly near the file's beginning. */
async function addPrompts(rows: Map<number, SampleRow>, id: BatchId): Promise<void> {
  // The first round has every line, also those that this round did not send.
  for await (const requests of requestsOf({ ...id, round: 1 })) {
    for (const { line, bytes } of requests) {
      const row = rows.get(line);
      if (row) row.prompt = shownPrompt(bytes);
      rows.delete(line);
    }
    if (rows.size === 0) return;
  }
}
