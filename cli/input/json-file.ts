import { readFileSync } from "node:fs";
import { messageOf } from "../../shared/errors.ts";
import { isTooDeep, MAX_DEPTH } from "../../shared/json/source.ts";
import { UsageError } from "../exit-codes.ts";

/** The JSON object in a file. @throws UsageError */
export function jsonFile(file: string): unknown {
  try {
    const text = readFileSync(file, "utf8").replace(/^\ufeff/, "");
    if (isTooDeep(text)) throw new SyntaxError(`nested deeper than ${MAX_DEPTH} levels of objects and lists`);
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${file}: ${messageOf(error)}`);
  }
}
