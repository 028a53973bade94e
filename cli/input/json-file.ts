import { messageOf } from "../../shared/errors.ts";
import { isTooDeep, MAX_DEPTH } from "../../shared/json/source.ts";
import { UsageError } from "../exit-codes.ts";
import { oneLine } from "../output/numbers.ts";
import { textFile } from "./input-file.ts";

const WIDTH = 200;

/** The JSON object in a file. @throws UsageError */
export function jsonFile(file: string): unknown {
  const text = textFile(file);
  try {
    if (isTooDeep(text)) throw new SyntaxError(`nested deeper than ${MAX_DEPTH} levels of objects and lists`);
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${file}: ${oneLine(messageOf(error), WIDTH)}`);
  }
}
