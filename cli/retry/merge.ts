/** Puts the answers of a retry into their places in a job's results. */
import { createReadStream, createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { memberOf } from "../../shared/json/source.ts";
import { type BatchResult, type ItemCounts, ok } from "../../shared/models.ts";
import { NO_COUNTS } from "../../shared/money/sums.ts";
import { resultHead } from "../../shared/objects/index-line.ts";
import { type JsonlLine, splitLines } from "../../shared/streams/jsonl.ts";

/** The longest row, in bytes; providers bound answers long before this. */
const MAX_ROW_BYTES = 512 * 1024 * 1024;

/** Files of a job, and those of a retry of what it left unanswered. */
export interface Merge {
  results: string;
  failed: string;
  /** Results of the retry, in the order of `failed`; lines that were not asked may be missing. */
  retried: string;
  /** Where the merged files go. */
  out: { results: string; failed: string };
}

/** Merges the files as streams: nothing grows with the job. @returns what became of the job's items */
export async function mergeRetry({ results, failed, retried, out }: Merge): Promise<ItemCounts> {
  const counts = { ...NO_COUNTS };
  const again = rows(retried);
  const inputs = inputLines(failed);
  const left = createWriteStream(out.failed, { mode: 0o600 });
  let next = await again.next();
  async function* merged(): AsyncGenerator<string> {
    for await (const { text, row } of rows(results)) {
      let now = { text, row };
      if (!ok(row)) {
        if (!next.done && next.value.row.custom_id === row.custom_id) {
          // A line that was not sent again keeps the words that name its line.
          if (next.value.row.status !== "invalid") now = placed(row, text, next.value.text, next.value.row);
          next = await again.next();
        }
        const input = await inputs.next();
        if (!ok(now.row) && !input.done) left.write(`${input.value}\n`);
      }
      counts[now.row.status]++;
      yield `${now.text}\n`;
    }
  }
  await pipeline(Readable.from(merged()), createWriteStream(out.results, { mode: 0o600 }));
  await new Promise<void>((resolve, reject) => left.once("error", reject).end(resolve));
  return counts;
}

/** A retry's row with the line number and the carried columns of the row that it replaces. */
function placed(
  old: BatchResult,
  oldText: string,
  text: string,
  row: BatchResult,
): { text: string; row: BatchResult } {
  const carried = memberOf(oldText, "input");
  const input = carried && oldText.slice(carried.start, carried.end);
  const status = memberOf(text, "status");
  if (!status) throw new Error(`a row of the retry has no status: line ${row.line}`);
  const tail = text.slice(text.lastIndexOf('"status"', status.start));
  return {
    text: resultHead([old.line, old.custom_id, undefined, input]) + tail,
    row: { ...row, line: old.line },
  };
}

async function* rows(file: string): AsyncGenerator<{ text: string; row: BatchResult }> {
  for await (const line of lines(file)) {
    const text = line.bytes.toString("utf8");
    yield { text, row: JSON.parse(text) as BatchResult };
  }
}

/** The input lines of `failed.jsonl`, without a first line that holds settings. */
async function* inputLines(file: string): AsyncGenerator<string> {
  let first = true;
  for await (const line of lines(file)) {
    const text = line.bytes.toString("utf8");
    if (!(first && isHeader(text))) yield text;
    first = false;
  }
}

function isHeader(text: string): boolean {
  try {
    return Object.keys(JSON.parse(text)).join() === "job";
  } catch {
    return false;
  }
}

async function* lines(file: string): AsyncGenerator<Extract<JsonlLine, { bytes: Buffer }>> {
  for await (const chunk of splitLines(createReadStream(file), MAX_ROW_BYTES)) {
    for (const line of chunk) if (!line.tooLong && line.bytes.length > 0) yield line as never;
  }
}
