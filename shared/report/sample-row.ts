/** Cuts a row of the results to what a report shows of it. */
import type { BatchResult, LLMResponse } from "../models.ts";
import type { SampleRow } from "./batch-report.ts";
import { TEXT_CHARACTERS } from "./prompt-text.ts";
import { shortText } from "./short-text.ts";

/** The row as a report shows it. `prompt`: null where there is none. */
export function sampleRow(
  { line, custom_id, status, error, response }: ShownResult,
  prompt: string | null = null,
): SampleRow {
  const cut = (text: string | undefined | null) => (text == null ? null : shortText(text, TEXT_CHARACTERS));
  const texts = { prompt, answer: cut(response?.content), error: cut(error) };
  return { line, custom_id: shortText(custom_id, 200), status, ...texts };
}

/** What a report shows of a result. */
export interface ShownResult extends Pick<BatchResult, "line" | "custom_id" | "status" | "error"> {
  response: Pick<LLMResponse, "content"> | null;
}
