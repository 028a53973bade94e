/** From the lines of an input to the requests of its batches: what is valid, and what is wrong with the rest. */
import { InvalidJobError } from "../../shared/errors.ts";
import type { JobSpec } from "../../shared/models.ts";
import { MAX_LINE_BYTES } from "../../shared/objects/input.ts";
import { InvalidItemError } from "../../shared/providers/provider.ts";
import { type JsonlLine, splitLines } from "../../shared/streams/jsonl.ts";
import type { BatchWriter } from "./batch-writer.ts";
import type { Progress } from "./cursor.ts";
import { isBlank, parseLine, parseObject } from "./input-line.ts";

/** How many problems a failed job names. */
const PROBLEMS_SHOWN = 10;

/** What an input is cut into, and how. */
export interface Cutting {
  spec: JobSpec;
  /** Number of the `{"job": ...}` line, or 0. */
  header: number;
  writer: BatchWriter;
  /** Whether to stop at the end of the next batch, to go on in another run. */
  shouldPause: () => boolean;
}

/**
 * Validates every line behind `progress` and gives it to the writer. Which lines a batch holds depends on the input
 * alone, never on where a run stopped.
 * @param input the bytes from where `progress` is
 * @returns false when it stopped before a line, the first of a new batch: `progress` says where
 */
export async function cutInput(
  input: AsyncIterable<Uint8Array>,
  progress: Progress,
  cutting: Cutting,
): Promise<boolean> {
  const { cursor } = progress;
  for await (const chunk of splitLines(input, MAX_LINE_BYTES, { ...cursor })) {
    for (const line of chunk) {
      if (line.number === cutting.header || (!line.tooLong && isBlank(line.bytes))) continue;
      if (!(await cutLine(line, progress, cutting))) {
        Object.assign(cursor, { number: line.number - 1, start: line.start });
        return false;
      }
      cursor.lines++;
    }
  }
  return true;
}

/** Adds a line to its batch. False when it is time to pause and the line is the first of a new batch: it is not added. */
async function cutLine(
  line: JsonlLine,
  { cursor, seen }: Progress,
  { spec, writer, shouldPause }: Cutting,
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
    return await writer.add(line.number, item.custom_id, item.source, shouldPause());
  } catch (error) {
    if (!(error instanceof InvalidItemError)) throw error;
    return refuse(item.custom_id, `${error.field}: ${error.message}`);
  }
}

/** @throws InvalidJobError when no line can be sent, or a line is invalid and the job wants none */
export function checkLines(
  { lines, invalid, problems }: Progress["cursor"],
  key: string,
  spec: JobSpec,
): void {
  if (lines === 0) throw new InvalidJobError(`${key} has no item; put one JSON object on each line`);
  if (invalid === lines || (invalid > 0 && spec.on_invalid === "fail")) {
    const more = invalid > problems.length ? `\n… and ${invalid - problems.length} more` : "";
    throw new InvalidJobError(
      `${invalid} of ${lines} lines are not valid; nothing was sent:\n${problems.join("\n")}${more}`,
    );
  }
}
