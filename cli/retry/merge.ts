/** Puts the answers of a retry into their places in a job's results. */
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { memberOf } from "../../shared/json/source.ts";
import { type BatchResult, type ItemCounts, ok } from "../../shared/models.ts";
import { NO_COUNTS } from "../../shared/money/sums.ts";
import { resultHead } from "../../shared/objects/index-line.ts";
import { readResultTexts } from "../results/read-results.ts";

/** Files of a job, and those of a retry of what it left unanswered. */
export interface Merge {
  results: string;
  failed: string;
  /** Results of a rerun, in the order of `failed`; items that were not asked may be missing. Or results of all items again. */
  retried: string;
  /** Whether its lines are those of `failed`. A person may have changed that file, so of a person's rerun only the ids count. */
  ofFailed: boolean;
  /** Rows of `results` without an answer. */
  unanswered: number;
  out: { results: string; failed: string };
}

export interface Merged {
  counts: ItemCounts;
  /** Answers that took the place of a failure. */
  placed: number;
}

/** The row of what could not be read as a row: neither an id nor columns. */
const UNREADABLE = /^\{"line":\d+,"custom_id":"","status":"invalid"/;

/** Merges the files as streams: nothing grows with the job. */
export async function mergeRetry(merge: Merge): Promise<Merged> {
  const { results, failed, retried, ofFailed, unanswered, out } = merge;
  const counts = { ...NO_COUNTS };
  let placed = 0;
  const hasAll = (await countOf(readResultTexts(retried))) === (await countOf(readResultTexts(results)));
  // Of a table, what could not be read as a row is not among the failed.
  const isPartial = (await countOf(inputLines(failed))) < unanswered;
  const again = rows(retried);
  const inputs = inputLines(failed);
  const left = createWriteStream(out.failed, { mode: 0o600 });
  let next = await again.next();
  async function* merged(): AsyncGenerator<string> {
    for await (const { text, row } of rows(results)) {
      let now = { text, row };
      const isFailed = !ok(row);
      const hasInput = isFailed && !(isPartial && UNREADABLE.test(text));
      const input = hasInput ? (await inputs.next()).value : undefined;
      const isNext =
        !next.done &&
        (ofFailed ? next.value.row.line === input?.line : next.value.row.custom_id === row.custom_id);
      if (isFailed && isNext) {
        // A line that was not sent again keeps the words that name its line.
        if (next.value.row.status !== "invalid") now = inPlace(row, text, next.value.text, next.value.row);
        if (ok(now.row)) placed++;
      }
      if (isNext && (isFailed || hasAll)) next = await again.next();
      if (input && !ok(now.row)) left.write(`${input.text}\n`);
      counts[now.row.status]++;
      yield `${now.text}\n`;
    }
  }
  await pipeline(Readable.from(merged()), createWriteStream(out.results, { mode: 0o600 }));
  await new Promise<void>((resolve, reject) => left.once("error", reject).end(resolve));
  return { counts, placed };
}

async function countOf(lines: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of lines) count++;
  return count;
}

/** A retry's row with the line number and the carried columns of the row that it replaces. */
function inPlace(
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
  for await (const text of readResultTexts(file)) {
    let row: BatchResult;
    try {
      row = JSON.parse(text);
    } catch (error) {
      throw new Error(`${file} is no file of results, as results.jsonl is: a line is not JSON`, {
        cause: error,
      });
    }
    yield { text, row };
  }
}

/** The input lines of `failed.jsonl` with their numbers, without a first line that holds settings. */
async function* inputLines(file: string): AsyncGenerator<{ text: string; line: number }, undefined> {
  let line = 0;
  for await (const text of readResultTexts(file)) if (++line > 1 || !isHeader(text)) yield { text, line };
}

function isHeader(text: string): boolean {
  try {
    return Object.keys(JSON.parse(text)).join() === "job";
  } catch {
    return false;
  }
}
