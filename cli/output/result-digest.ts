/** What a person wants to know of a results file, read as a stream. */
import { readResults } from "../results/read-results.ts";
import { answerSummary } from "./answer-text.ts";

/** A few answers, and the errors by how often they came. */
export interface ResultDigest {
  samples: { custom_id: string; content: string }[];
  /** The most frequent first. */
  errors: { error: string; count: number }[];
}

const SAMPLES = 3;
const ERRORS_SHOWN = 5;
/** Different errors that are counted; later ones come under `OTHER`. It bounds memory. */
const MAX_ERRORS = 1000;
const OTHER = "other errors";

/** Reads `results.jsonl`. */
export async function digestResults(file: string): Promise<ResultDigest> {
  const samples: ResultDigest["samples"] = [];
  const counts = new Map<string, number>();
  for await (const { custom_id, error, response } of readResults(file)) {
    if (error === null) {
      if (samples.length < SAMPLES) samples.push({ custom_id, content: answerSummary(response) });
    } else {
      const kind = family(error);
      const known = counts.has(kind) || counts.size < MAX_ERRORS ? kind : OTHER;
      counts.set(known, (counts.get(known) ?? 0) + 1);
    }
  }
  const errors = [...counts].map(([error, count]) => ({ error, count }));
  errors.sort((a, b) => b.count - a.count);
  return { samples, errors: errors.slice(0, ERRORS_SHOWN) };
}

/** An error without what differs from line to line, so that the same mistake counts as one. */
export function family(error: string): string {
  return error
    .replace(/^line \d+: /, "")
    .replace(/\b(character|line) \d+/g, "$1 N")
    .replace(/\b\d+ bytes\b/g, "N bytes");
}
