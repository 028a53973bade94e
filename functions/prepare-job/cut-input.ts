/** From the rows of an input to the requests of its batches, and to what is wrong with the rest. */
import { InvalidJobError } from "../../shared/errors.ts";
import { isTemplate, type JobSpec } from "../../shared/models.ts";
import { InvalidItemError } from "../../shared/providers/format.ts";
import { PROFILES } from "../../shared/providers/list.ts";
import { type InputReader, type InputRow, MAX_LINE_BYTES } from "../../shared/streams/reader.ts";
import { CellTexts, ID_COLUMNS, JsonTexts } from "../../shared/streams/row-texts.ts";
import { asksSmallRounds, leastRequests } from "../../shared/workflow/small-rounds.ts";
import type { BatchWriter, IndexedLine } from "./batch-writer.ts";
import type { CutState } from "./cursor.ts";
import { isBlank, type ParsedLine, parseLine, parseObject } from "./input-line.ts";
import { columnsNamed, Template } from "./template.ts";

/** How many problems a failed job names. */
const PROBLEMS_SHOWN = 10;
/** Most bytes of input that a batch reaches over. Blank lines make none, and a run must be able to stop between them. */
const MAX_SPAN_BYTES = 1024 * 1024 * 1024;

export interface Cutting {
  spec: JobSpec;
  /** Number of the `{"job": ...}` line, or 0. */
  header: number;
  writer: BatchWriter;
  /** Whether to stop at the end of the next batch; the next run resumes. */
  shouldPause: () => boolean;
  /** See `MAX_SPAN_BYTES`. */
  maxSpanBytes?: number;
}

/**
 * Validates every row behind `state` and gives it to the writer. Which rows a batch holds depends on the input
 * alone, never on where a run stopped.
 * @returns false when it stopped before a row, the first of a new batch: `state` says where
 */
export async function cutInput(input: InputReader, state: CutState, cutting: Cutting): Promise<boolean> {
  const { cursor } = state;
  const { writer, header, shouldPause, maxSpanBytes = MAX_SPAN_BYTES } = cutting;
  const parse = rowParser(input, cutting.spec);
  const columns = carriedAndNamed(input, cutting.spec);
  const stopAt = ({ number, start }: InputRow) => Object.assign(cursor, { number: number - 1, start });
  let batchStart = cursor.start;
  let batches = writer.batches;
  for await (const chunk of input.rows({ ...cursor }, columns)) {
    for (const row of chunk) {
      if (row.start - batchStart > maxSpanBytes && input.kind.shape !== "parquet") {
        await writer.endBatch();
        batchStart = row.start;
        batches = writer.batches;
        if (shouldPause()) {
          stopAt(row);
          return false;
        }
      }
      if (row.number === header || (row.bytes && input.unit === "line" && isBlank(row.bytes))) continue;
      const added = cutRow(row, parse(row), state, cutting, input.unit);
      if (added !== true && !(await added)) {
        stopAt(row);
        return false;
      }
      cursor.lines++;
      if (writer.batches !== batches) {
        batchStart = row.start;
        batches = writer.batches;
      }
    }
  }
  return true;
}

/** The columns that are read of a table: all, or those that the job names. */
function carriedAndNamed({ columns }: InputReader, spec: JobSpec): string[] | undefined {
  if (!columns || !spec.carry) return undefined;
  const named = new Set(columnsNamed(spec));
  return columns.map(({ name }) => name).filter((name) => named.has(name) || ID_COLUMNS.includes(name));
}

/** From a row to its item, by the job's template or as one of our lines. */
function rowParser(input: InputReader, spec: JobSpec): (row: InputRow) => ParsedLine {
  const template = isTemplate(spec) ? new Template(spec) : undefined;
  const names = carriedAndNamed(input, spec);
  const cells = new CellTexts((input.columns ?? []).filter(({ name }) => !names || names.includes(name)));
  return (row) => {
    if (row.tooLong)
      return { custom_id: "", problem: `${row.length} bytes long; a line has at most ${MAX_LINE_BYTES}` };
    if (row.bytes) {
      const line = parseObject(row.bytes);
      if ("problem" in line) return { custom_id: "", problem: line.problem };
      return template ? template.fill(new JsonTexts(line), row.number) : parseLine(line, spec);
    }
    if (row.problem !== undefined || !template)
      return { custom_id: "", problem: row.problem ?? "a table needs a prompt" };
    cells.cells = row.cells;
    return template.fill(cells, row.number);
  };
}

/** Adds a row to its batch. False when it is time to pause and the row is the first of a new batch: it is not added. */
function cutRow(
  { number }: InputRow,
  item: ParsedLine,
  state: CutState,
  cutting: Cutting,
  unit: string,
): true | Promise<boolean> {
  const { custom_id, input } = item;
  const entry = { line: number, custom_id, input };
  const refuse = (problem: string) => refuseRow(entry, `${unit} ${number}: ${problem}`, state, cutting);
  if ("problem" in item) return refuse(item.problem);
  const before = state.seen.add(custom_id, number);
  // The row itself was seen before when the last run stopped at it.
  if (before && before !== number) return refuse(`custom_id: already used on ${unit} ${before}`);
  try {
    return cutting.writer.add(entry, item.source, cutting.shouldPause());
  } catch (error) {
    if (!(error instanceof InvalidItemError)) throw error;
    return refuse(`${error.field}: ${error.message}`);
  }
}

async function refuseRow(
  entry: IndexedLine,
  problem: string,
  { cursor }: CutState,
  { writer, shouldPause }: Cutting,
): Promise<boolean> {
  if (!(await writer.addInvalid(entry, problem, shouldPause()))) return false;
  cursor.invalid++;
  if (cursor.problems.length < PROBLEMS_SHOWN) cursor.problems.push(problem);
  return true;
}

/** @throws InvalidJobError when no line can be sent, or a line is invalid and the job wants none */
export function checkLines(
  { lines, invalid, problems }: CutState["cursor"],
  key: string,
  spec: JobSpec,
  unit = "line",
): void {
  if (lines === 0)
    throw new InvalidJobError(
      unit === "row" ? `${key} has no rows` : `${key} has no item; put one JSON object on each line`,
    );
  if (invalid === lines || (invalid > 0 && spec.on_invalid === "fail")) {
    const more = invalid > problems.length ? `\n… and ${invalid - problems.length} more` : "";
    throw new InvalidJobError(
      `${invalid} of ${lines} ${unit}s are not valid; nothing was sent:\n${problems.join("\n")}${more}`,
    );
  }
  const least = leastRequests(spec);
  const valid = lines - invalid;
  if (valid < least && !asksSmallRounds(spec, valid)) {
    throw new InvalidJobError(
      `${PROFILES[spec.provider].title} takes at least ${least} requests in a job, and there are ${valid} that can be sent; small_rounds: real_time asks them at once, at the real-time price (--small-rounds real_time; for a retry, --real-time)`,
    );
  }
}
