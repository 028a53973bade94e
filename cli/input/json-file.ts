import { readFileSync } from "node:fs";
import { messageOf } from "../../shared/errors.ts";
import { UsageError } from "../exit-codes.ts";

/** The JSON object in a file. @throws UsageError */
export function jsonFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8").replace(/^\ufeff/, ""));
  } catch (error) {
    throw new UsageError(`${file}: ${messageOf(error)}`);
  }
}
