/** What the simulated models say: a function of the user's message, so that an answer on the wrong line shows. */
import { hash } from "node:crypto";

/** Stand in every prompt, answer and key, so that one in a log, an event or a state is found. */
export const MARKS = { prompt: "PROMPT-MARK", answer: "ANSWER-MARK", key: "sk-simulated-KEY-MARK" } as const;

/** The answer to a message. Some hold characters that split lines where they should not. */
export function answerTo(message: string): string {
  const digest = hash("sha256", message, "hex");
  const odd = digest[0] === "0" ? "\u2028\u2029\u0085" : digest[0] === "1" ? "\n\r\n\t" : " ";
  return `${MARKS.answer}${odd}${digest}${filler(message)}`;
}

/** Messages may ask for long answers: that is how large result files come about. */
function filler(message: string): string {
  const bytes = /fill (\d+)/.exec(message)?.[1];
  return bytes ? "x".repeat(Number(bytes)) : "";
}

/** Stands for a value nested thousands deep, which JavaScript cannot write by itself. */
const DEEP = "a deep value";
const DEPTH = 20_000;

/** The text of a result line. */
export function lineText(line: unknown): string {
  return JSON.stringify(line).replaceAll(`"${DEEP}"`, () => "[".repeat(DEPTH) + "]".repeat(DEPTH));
}

/** Values that stand where an answer's parts should be. */
export const ABSURD: readonly unknown[] = [
  DEEP,
  { deep: DEEP },
  "text",
  -1e300,
  [null, 7, { type: 7 }, { text: {} }, { type: "text", text: 7 }, { type: "tool_use", input: DEEP }],
  { constructor: { prototype: 1 }, length: -1 },
  [],
];
