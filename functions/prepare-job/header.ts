/** The `{"job": {...}}` line that an input may begin with: settings of the job. */
import { MAX_LINE_BYTES } from "../../shared/objects/input.ts";
import { isObject } from "../../shared/providers/wire/json.ts";
import { splitLines } from "../../shared/streams/jsonl.ts";
import { isBlank, parseObject } from "./input-line.ts";
import type { SpecSource } from "./job-spec.ts";

/** The settings, and where they stand. */
export interface Header extends SpecSource {
  line: number;
}

/** Reads as far as the first line that is not blank. Null when that is an item, or nothing that can be read. */
export async function readHeader(input: AsyncIterable<Uint8Array>): Promise<Header | null> {
  for await (const lines of splitLines(input, MAX_LINE_BYTES)) {
    for (const line of lines) {
      if (line.tooLong) return null;
      if (isBlank(line.bytes)) continue;
      const parsed = parseObject(line.bytes);
      if (!("object" in parsed) || Object.keys(parsed.object).length !== 1) return null;
      const { job } = parsed.object;
      return isObject(job) ? { line: line.number, from: `line ${line.number}`, settings: job } : null;
    }
  }
  return null;
}
