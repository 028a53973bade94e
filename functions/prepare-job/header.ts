/** What the beginning of an input says: settings in a first line `{"job": {...}}`, the columns, and whose lines they are. */
import { isObject, type Json } from "../../shared/json/values.ts";
import { Endpoint } from "../../shared/models.ts";
import { nativeTo } from "../../shared/providers/formats.ts";
import { type InputReader, START } from "../../shared/streams/reader.ts";
import { isBlank, parseObject } from "./input-line.ts";
import type { SpecSource } from "./job-spec.ts";

export interface Header extends SpecSource {
  line: number;
}

export interface Opening {
  header: Header | null;
  /** The columns of a table, or the names in the first rows. */
  columns: string[];
  /** The endpoint that the first line names, where it is one of OpenAI's own batch lines. */
  endpoint: SpecSource | null;
}

/** Rows that are read for names, and the bytes in which they must be. An input can begin with any number of blank lines. */
const ROWS = 100;
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * Reads the first rows.
 * @throws InvalidJobError when nothing can be read
 */
export async function readOpening(reader: InputReader): Promise<Opening> {
  const opening: Opening = { header: null, columns: [], endpoint: null };
  if (reader.columns) {
    opening.columns = reader.columns.map((column) => column.name);
    return opening;
  }
  const names = new Set<string>();
  let rows = 0;
  for await (const chunk of reader.rows(START)) {
    for (const row of chunk) {
      if (!row.bytes || isBlank(row.bytes)) continue;
      const parsed = parseObject(row.bytes);
      const object = "object" in parsed ? parsed.object : {};
      if (rows === 0 && !opening.header && reader.unit === "line") {
        opening.header = headerIn(object, row.number);
        if (opening.header) continue;
      }
      if (++rows === 1) readFirst(object, `${reader.unit} ${row.number}`, opening);
      for (const key of Object.keys(object)) names.add(key);
    }
    if (rows >= ROWS || (chunk.at(-1)?.start ?? 0) > MOST_BYTES) break;
  }
  opening.columns = [...names];
  return opening;
}

function headerIn(object: Json, line: number): Header | null {
  const { job } = object;
  if (!isObject(job) || Object.keys(object).length !== 1) return null;
  return { line, from: `line ${line}`, settings: job };
}

function readFirst(object: Json, where: string, opening: Opening): void {
  const owner = nativeTo(object, "openai");
  const endpoint = Endpoint.safeParse(object.url);
  if (owner === "openai" && endpoint.success)
    opening.endpoint = { from: `the url on ${where}`, settings: { endpoint: endpoint.data } };
}
