/** Answers of `/v1/embeddings`. */
import { elementsOf, memberOf, onOneLine, sourceAt, withoutMembers } from "../../json/source.ts";
import { type Json, numberAt } from "../../json/values.ts";
import type { JsonText } from "../provider.ts";
import { type Answer, emptyAnswer, noAnswer } from "../wire/answer.ts";
import { usageOf } from "./usage.ts";

/**
 * The vectors, as a list with one of numbers for each input, by `index`. They are `parsed`, whatever the encoding, so
 * the body is kept without them: they are most of it.
 */
export function embeddings(body: Json, source: JsonText): { answer: Answer; rest: JsonText } {
  const usage = usageOf(body);
  const start = memberOf(source, "data")?.start ?? source.length;
  const entries = elementsOf(source, start).map(({ start: at }, place) => {
    const entry = (body.data as unknown[])[place];
    const member = memberOf(source, "embedding", at);
    const vector = member && vectorOf(source.slice(member.start, member.end));
    const index = entry === null || typeof entry !== "object" ? undefined : numberAt(entry as Json, "index");
    return { member, vector, index: index ?? place };
  });
  if (entries.length === 0) {
    return { answer: { ...noAnswer("the answer has no embedding", true), usage }, rest: source };
  }
  if (entries.some(({ vector }) => !vector)) {
    return {
      answer: { ...noAnswer("the answer has an embedding that is no vector", true), usage },
      rest: source,
    };
  }
  const vectors = entries.toSorted((a, b) => a.index - b.index).map(({ vector }) => vector);
  const members = entries.flatMap(({ member }) => member ?? []);
  return {
    answer: { ...emptyAnswer(), usage, parsed: `[${vectors.join(",")}]` },
    rest: withoutMembers(source, members),
  };
}

/** A vector as a JSON list of numbers: what came as base64 are 32-bit floats, little-endian. Null for anything else. */
function vectorOf(source: JsonText): JsonText | null {
  if (source.startsWith("[") && sourceAt(source, 0) !== null) return onOneLine(source);
  if (!source.startsWith('"')) return null;
  const bytes = Buffer.from(source.slice(1, -1).replaceAll("\\/", "/"), "base64");
  if (bytes.length === 0 || bytes.length % 4 !== 0) return null;
  const numbers = Array.from({ length: bytes.length / 4 }, (_, place) => bytes.readFloatLE(place * 4));
  return numbers.every(Number.isFinite) ? JSON.stringify(numbers) : null;
}
