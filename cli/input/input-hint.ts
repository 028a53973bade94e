/** A word on the commonest mistake with JSONL. */
import { createReadStream } from "node:fs";

/** For a file that holds one JSON array. */
export const ARRAY_HINT =
  "The file looks like a JSON array. JSONL has one object on each line; this makes it: jq -c '.[]' FILE";

/** Whether a file begins as a JSON array does, over several lines or in one. */
export async function isJsonArray(file: string): Promise<boolean> {
  for await (const chunk of createReadStream(file, { end: 1023 }))
    return /^(\ufeff)?\s*\[/.test(String(chunk));
  return false;
}
