/** A tried row, for programs. */
import type { TriedRow } from "../try/try-rows.ts";

/** One row with its request and its answer, which a person asked to see. */
export function tryJson({ line, custom_id, body, asked, charge, cached }: TriedRow): object {
  const { outcome, error, tries, unknown } = asked;
  const response = outcome?.response ?? null;
  return {
    ...{ type: "row", line, custom_id, request: JSON.parse(body) },
    answer: response?.content ?? null,
    parsed: JSON.parse(response?.parsed ?? "null"),
    finish_reason: response?.finish_reason ?? null,
    ...{ error, tries, unknown_tries: unknown, cached, charge },
  };
}
