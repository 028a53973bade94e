/** What lines and answers are drawn of: texts, JSON as nobody's writer would write it, and counts of tokens. */
import fc from "fast-check";

/** One line of the provider's results, but for its `custom_id`. */
export interface DrawnAnswer {
  /** The line, with ID for the `custom_id`. */
  text: string;
  /** Tokens that are billed; null for none. */
  billed: { prompt: number; completion: number } | null;
  /** What becomes of the item, where that is sure. */
  status?: "succeeded" | "failed" | "expired" | "cancelled";
  content?: string;
  /** JSON that must stand in the row as it is. */
  verbatim?: string;
}

const deep = fc.integer({ min: 1, max: 8000 }).map((levels) => "[".repeat(levels) + "]".repeat(levels));
const deepObject = fc
  .integer({ min: 1, max: 3000 })
  .map((levels) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`);
const number = fc.constantFrom(
  "1.0",
  "1e400",
  "-0",
  "1234567890123456789",
  "0.1234567890123456789",
  "1e22",
  "-1e-400",
);
export const word = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.constantFrom(
    "__proto__",
    "constructor",
    "toString",
    "10",
    "2",
    "",
    "\u2028",
    "\ud83d",
    "a\nb\r",
    "```json",
  ),
);
const quoted = word.map((text) => JSON.stringify(text));
const space = fc.constantFrom("", "", "", " ", "\t", "\r");

/** The text of a JSON value, as nobody's writer would write it. */
export const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.oneof(quoted, number, fc.constantFrom("null", "true", "0", "{}", "[]")),
    fc
      .tuple(space, fc.array(fc.tuple(quoted, space, tie("json")), { maxLength: 3 }))
      .map(
        ([gap, members]) =>
          `{${gap}${members.map(([name, after, value]) => `${name}${after}:${gap}${value}`).join(",")}${gap}}`,
      ),
    fc
      .tuple(space, fc.array(tie("json"), { maxLength: 3 }))
      .map(([gap, values]) => `[${gap}${values.join(`,${gap}`)}]`),
  ),
}));
export const oddJson = fc.oneof(
  { weight: 18, arbitrary: json },
  { weight: 1, arbitrary: deep },
  { weight: 1, arbitrary: deepObject },
);
/** As deep as is passed on in any place. */
export const object = fc
  .array(fc.tuple(quoted, json), { maxLength: 3 })
  .map((members) => `{${members.map(([name, value]) => `${name}:${value}`).join(",")}}`);
export const text = fc.oneof(
  { weight: 9, arbitrary: fc.oneof(word, json, fc.constantFrom("Good night.", "x".repeat(2000))) },
  { weight: 1, arbitrary: deep },
);
/** Text that is an answer. */
export const saidText = text.filter((said) => said.trim() !== "");

/** Usage as `[input, output]`, and what is billed of it. */
export const usage = fc.oneof(
  fc.tuple(fc.nat(1e6), fc.nat(1e6)).map(([prompt, completion]) => ({
    given: [String(prompt), String(completion)],
    billed: prompt + completion > 0 ? { prompt, completion } : null,
  })),
  fc
    .tuple(fc.constantFrom("1e22", "-5", '"7"', "null", "1e13", "{}", "1e400"), fc.nat(1e6))
    .map(([absurd, completion]) => ({
      given: [absurd, String(completion)],
      billed: completion > 0 ? { prompt: 0, completion } : null,
    })),
);

/** A JSON object from texts of members. */
export const members = (...all: string[]) => `{${all.filter(Boolean).join(",")}}`;
