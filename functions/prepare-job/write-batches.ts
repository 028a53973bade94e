/** From the lines of an input to its batches, in as many runs as it takes. */
import { InvalidJobError } from "../../shared/errors.ts";
import { MAX_LINE_BYTES, openInput } from "../../shared/input.ts";
import { type JobFile, writeJobFile } from "../../shared/job-file.ts";
import type { JobSource } from "../../shared/job-source.ts";
import { type JsonlLine, splitLines } from "../../shared/jsonl.ts";
import type { JobSpec } from "../../shared/models.ts";
import { formatOf } from "../../shared/providers/formats.ts";
import { InvalidItemError } from "../../shared/providers/provider.ts";
import { BatchWriter } from "./batch-writer.ts";
import { atStart, type Cursor, readCursor, writeCursor } from "./cursor.ts";
import { isBlank, parseLine, parseObject } from "./input-line.ts";
import type { SeenIds } from "./seen-ids.ts";

/** How many problems a failed job names. */
const PROBLEMS_SHOWN = 10;

/** What is to be written, and how. */
export interface Writing {
  source: JobSource;
  spec: JobSpec;
  /** Number of the `{"job": ...}` line, or 0. */
  header: number;
  /** Bytes of requests a batch should not exceed, below the provider's own limit. */
  maxBatchBytes: number | undefined;
  /** Whether to stop at the end of the next batch, to go on in another run. */
  shouldPause: () => boolean;
}

/**
 * Validates every line and writes the batches, from where the last run stopped. Which lines a batch
 * holds depends on the input alone, never on where a run stopped: runs at the same time write the
 * same bytes.
 * @returns the job's file, or null when there is more to do
 * @throws InvalidJobError when no line can be sent, or a line is invalid and the job wants none
 */
export async function writeBatches(writing: Writing): Promise<JobFile | null> {
  const { source, spec, header } = writing;
  const { cursor, seen } = (await readCursor(source.job_id)) ?? atStart();
  const writer = new BatchWriter(
    source.job_id,
    spec,
    formatOf(spec.provider),
    cursor.requests,
    writing.maxBatchBytes,
  );
  try {
    const input = openInput(source.key, source.version, cursor.start);
    for await (const chunk of splitLines(input, MAX_LINE_BYTES, cursor)) {
      for (const line of chunk) {
        if (line.number === header || (!line.tooLong && isBlank(line.bytes))) continue;
        const written = await writeLine(line, spec, cursor, seen, writer, writing.shouldPause());
        if (written) {
          cursor.lines++;
          continue;
        }
        await writeCursor(
          source.job_id,
          { ...cursor, number: line.number - 1, start: line.start, requests: writer.closed },
          seen,
        );
        return null;
      }
    }
    const requests = await conclude(cursor, writing, writer);
    const file: JobFile = {
      spec,
      key: source.key,
      version: source.version,
      header,
      lines: cursor.lines,
      requests,
    };
    await writeJobFile(source.job_id, file);
    return file;
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** Adds a line to its batch. False when `pause` is set and the line is the first of a new batch: it is not added. */
async function writeLine(
  line: JsonlLine,
  spec: JobSpec,
  cursor: Cursor,
  seen: SeenIds,
  writer: BatchWriter,
  pause: boolean,
): Promise<boolean> {
  const refuse = async (custom_id: string, problem: string) => {
    cursor.invalid++;
    const text = `line ${line.number}: ${problem}`;
    if (cursor.problems.length < PROBLEMS_SHOWN) cursor.problems.push(text);
    await writer.addInvalid(line.number, custom_id, text);
    return true;
  };
  if (line.tooLong) return refuse("", `${line.length} bytes long; a line has at most ${MAX_LINE_BYTES}`);
  const object = parseObject(line.bytes);
  if ("problem" in object) return refuse("", object.problem);
  const item = parseLine(object.object, spec);
  if ("problem" in item) return refuse(item.custom_id, item.problem);
  const before = seen.add(item.custom_id, line.number);
  // The line itself was seen before when the last run stopped at it.
  if (before && before !== line.number)
    return refuse(item.custom_id, `custom_id: already used on line ${before}`);
  try {
    return await writer.add(line.number, item.custom_id, item.source, pause);
  } catch (error) {
    if (!(error instanceof InvalidItemError)) throw error;
    return refuse(item.custom_id, `${error.field}: ${error.message}`);
  }
}

async function conclude(
  { lines, invalid, problems }: Cursor,
  { source, spec }: Writing,
  writer: BatchWriter,
): Promise<number[]> {
  if (lines === 0) throw new InvalidJobError(`${source.key} has no item; put one JSON object on each line`);
  if (invalid === lines || (invalid > 0 && spec.on_invalid === "fail")) {
    const more = invalid > problems.length ? `\n… and ${invalid - problems.length} more` : "";
    throw new InvalidJobError(
      `${invalid} of ${lines} lines are not valid; nothing was sent:\n${problems.join("\n")}${more}`,
    );
  }
  return writer.finish();
}
