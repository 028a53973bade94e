import { safeJson } from "./safe-text.ts";

/** Prints one JSON line, for programs. */
export function printJson(value: object): void {
  process.stdout.write(`${safeJson(value)}\n`);
}
