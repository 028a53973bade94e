/** What an answer says, in one text. */
import type { LLMResponse } from "../../shared/models.ts";

/** What an answer says: the rest of it does not matter here. */
type Words = Pick<LLMResponse, "content" | "parsed">;

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
