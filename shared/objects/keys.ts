/** The keys of the bucket's objects, and the form of `custom_id`s on the wire. */
import { createHash } from "node:crypto";

/** What a stack's jobs leave under way: it is intermediate, and goes by itself. What users get is in `resultsPrefix`. */
export const JOBS_PREFIX = "jobs/";
export const jobPrefix = (job: string) => `${JOBS_PREFIX}${job}/`;
/** Requests and indexes of its batches, what its rounds came to, how its outputs are put together, what Bedrock writes. */
export const batchesPrefix = (job: string) => `${jobPrefix(job)}batches/`;
export const rowsPrefix = (job: string) => `${jobPrefix(job)}results/`;
export const finalizePrefix = (job: string) => `${jobPrefix(job)}finalize/`;
export const bedrockPrefix = (job: string) => `${jobPrefix(job)}bedrock/`;
/** What the user gets. */
export const resultsPrefix = (job: string) => `results/${job}/`;
/** The resolved `JobSpec` and what `prepare-job` made of the input. */
export const jobKey = (job: string) => `${jobPrefix(job)}job.json`;
/** Where a run of `prepare-job` stopped, and the ids it had seen by then. */
export const prepareKey = (job: string) => `${jobPrefix(job)}prepare.json`;
export const seenKey = (job: string, batches: number) => `${jobPrefix(job)}prepare-${batches}.seen`;
/** Exactly the bytes the provider gets. Bedrock reads the object itself, and wants this ending. */
export const requestKey = (job: string, batch: number, round: number) =>
  `${batchesPrefix(job)}${batch}-r${round}.request.jsonl`;
/** One line for every input line of the batch: see `index-line.ts`. */
export const indexKey = (job: string, batch: number) => `${batchesPrefix(job)}${batch}.index`;
/** `BatchResult`s of every line of the batch as they stand after this round, in input order. */
export const rowsKey = (job: string, batch: number, round: number) =>
  `${rowsPrefix(job)}${batch}-r${round}.jsonl`;
/** The answers that were fetched up to a pause of collecting, from 1: see `kept-answers.ts`. */
export const answersKey = (job: string, batch: number, round: number, pause: number) =>
  `${rowsPrefix(job)}${batch}-r${round}.answers-${pause}`;
/** A part of the journal of a real-time round, from 1, as one attempt wrote it: see `journal.ts`. */
export const journalKey = (job: string, batch: number, round: number, attempt: number, part: number) =>
  `${rowsPrefix(job)}${batch}-r${round}.asked-${attempt}-${part}`;
/** What the job's report needs of the lines that ended with this round: see `report/batch-report.ts`. */
export const roundReportKey = (job: string, batch: number, round: number) =>
  `${rowsPrefix(job)}${batch}-r${round}.report.json`;
/** What the job's last round is made of, where its batches left something over: see `leftovers.ts`. */
export const leftoversKey = (job: string) => `${batchesPrefix(job)}leftovers.json`;
/** Numbers of the lines of the batch that have no answer after this round, one a line. */
export const unansweredKey = (job: string, batch: number, round: number) =>
  `${rowsPrefix(job)}${batch}-r${round}.unanswered`;
/** Numbers of the batch's lines that wait for a later round than this one, one a line. */
export const deferredKey = (job: string, batch: number, round: number) =>
  `${batchesPrefix(job)}${batch}-r${round}.deferred`;
/**
 * How a job is put together: what its batches came to, under its hash, which the job's record names. What is made of
 * that on the way is beside it. Two tallies never mix.
 */
export const tallyKey = (job: string, tally: string) => `${finalizePrefix(job)}${tally}.json`;
/** How far it came: see `progress.ts`. */
export const progressKey = (job: string, tally: string) => `${finalizePrefix(job)}${tally}-progress.json`;
/** Rows of a batch that was never collected, and the numbers of its lines. */
export const lostRowsKey = (job: string, tally: string, batch: number) =>
  `${finalizePrefix(job)}${tally}-${batch}.jsonl`;
export const lostLinesKey = (job: string, tally: string, batch: number) =>
  `${finalizePrefix(job)}${tally}-${batch}.unanswered`;
/** The input lines without an answer in the part of the input from byte `start` on. */
export const failedPartKey = (job: string, tally: string, start: number) =>
  `${finalizePrefix(job)}${tally}-${start}.failed`;
/** A part of a table of the results, from 0, and what is kept of it for the table's end; `open` and `close` stand around the parts. */
export const tablePartKey = (job: string, tally: string, format: string, part: number | "open" | "close") =>
  `${finalizePrefix(job)}${tally}-${part}.${format}`;
export const tableEndKey = (job: string, tally: string, format: string, part: number) =>
  `${finalizePrefix(job)}${tally}-${part}.${format}.end`;
export const resultsKey = (job: string) => `${resultsPrefix(job)}results.jsonl`;
/** A table of the results, where the job asks for it. */
export const tableKey = (job: string, format: string) => `${resultsPrefix(job)}results.${format}`;
export const failedKey = (job: string) => `${resultsPrefix(job)}failed.jsonl`;
export const reportKey = (job: string) => `${resultsPrefix(job)}report.html`;
export const summaryKey = (job: string) => `${resultsPrefix(job)}summary.json`;

/** The short hash that marks all requests of one (job, batch, round): 16 hex digits. */
export function tagOf(job: string, batch: number, round: number): string {
  return createHash("sha256").update(`${job}\n${batch}\n${round}`).digest("hex").slice(0, 16);
}

/** An item's `custom_id` on the wire. Fits Anthropic's `^[a-zA-Z0-9_-]{1,64}$`, whatever the user's own is. */
export function wireId(tag: string, line: number): string {
  return `${tag}-${line}`;
}

/** The line of a wire `custom_id` that bears this tag; null for anyone else's. */
export function lineOf(id: string, tag: string): number | null {
  if (!id.startsWith(`${tag}-`)) return null;
  const digits = id.slice(tag.length + 1);
  return /^[1-9]\d{0,14}$/.test(digits) ? Number(digits) : null;
}

/** Beside an upload that can be no job: why, for its uploader. */
export const noteKey = (upload: string) => `${upload}.not-a-job.txt`;
