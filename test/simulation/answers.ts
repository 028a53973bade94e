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
