/** `--help` of a bench. */
import { readFileSync } from "node:fs";

/** With `--help`, prints the comment at the head of a program, and ends the process: a bench takes minutes, or downloads. */
export function help(program: string): void {
  if (!process.argv.some((argument) => ["--help", "-h"].includes(argument))) return;
  const [comment = ""] = /^\/\*\*[\s\S]*?\*\//.exec(readFileSync(program, "utf8")) ?? [];
  console.log(comment.replace(/^\/?\s?\*+[ /]?|\s*\*\/$/gm, "").trim());
  process.exit();
}
