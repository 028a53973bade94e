import { safeJson } from "./safe-text.ts";

export function printJson(value: object): void {
  process.stdout.write(`${safeJson(value)}\n`);
}
