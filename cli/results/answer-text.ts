/** What an answer says, in one text. */
import type { LLMResponse } from "../../shared/models.ts";

/** What an answer says: the rest of it does not matter here. */
type Words = Pick<LLMResponse, "content" | "parsed">;

/** The text of an answer, or its vectors as JSON: one vector where one input was asked for. */
export function answerText(response: LLMResponse | null): string {
  const vectors = response ? vectorsOf(response) : [];
  if (vectors.length === 0) return response?.content ?? "";
  return JSON.stringify(vectors.length === 1 ? vectors[0] : vectors);
}

/** What an answer is, for a person: its text, or how long its vectors are. */
export function answerSummary(response: Words | null): string {
  const vectors = response ? vectorsOf(response) : [];
  const [first] = vectors;
  if (!first) return response?.content ?? "";
  const length = `of ${first.length} numbers`;
  return vectors.length === 1 ? `vector ${length}` : `${vectors.length} vectors, each ${length}`;
}

/** The vectors of an embeddings answer, which alone has no text and lists of numbers; none for other answers. */
function vectorsOf({ content, parsed }: Words): unknown[][] {
  if (content !== "" || !Array.isArray(parsed)) return [];
  return parsed.every((vector): vector is unknown[] => Array.isArray(vector) && typeof vector[0] === "number")
    ? parsed
    : [];
}
