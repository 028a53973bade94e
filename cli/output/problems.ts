/** Many problems of one kind in few lines. */
import { family } from "./result-digest.ts";

/** Joins the lines of a message that say the same of several input lines. The first stays, with how many are alike. */
export function foldProblems(message: string): string {
  const kinds = new Map<string, { text: string; alike: number }>();
  for (const text of message.split("\n")) {
    const kind = /^line \d+: /.test(text) ? family(text) : text;
    const known = kinds.get(kind);
    if (known) known.alike++;
    else kinds.set(kind, { text, alike: 0 });
  }
  const folded = [...kinds.values()].map(({ text, alike }) => {
    return alike === 0 ? text : `${text} (and ${alike} more ${alike === 1 ? "line" : "lines"} alike)`;
  });
  return folded.join("\n");
}
