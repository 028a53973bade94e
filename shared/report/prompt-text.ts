/** What a request asks, as text to read. */
import { nameSet } from "../name-set.ts";
import { shortText } from "./short-text.ts";

/** Characters that a report shows of a prompt, an answer or an error. */
export const TEXT_CHARACTERS = 2000;

/** A longer request is shown as it is, its beginning. */
const MOST_BYTES = 1024 * 1024;
const RAW_BYTES = 8192;

/** A request's prompt, as a report shows it: 2000 characters at most. */
export function shownPrompt(request: Buffer): string {
  return shortText(promptText(request), TEXT_CHARACTERS);
}

/** The texts of a request's messages, each under its role; the JSON itself where there are none. */
export function promptText(request: Buffer): string {
  if (request.length > MOST_BYTES) return request.toString("utf8", 0, RAW_BYTES);
  const lines: string[] = [];
  collect(JSON.parse(request.toString("utf8")), lines, "", 0);
  return lines.length > 0 ? lines.join("\n\n") : request.toString("utf8", 0, RAW_BYTES);
}

/** Fields that hold what the model reads, at any provider. */
const READ = nameSet(`
  system systemInstruction instructions messages contents input prompt content parts text inputText
`);
/** Fields on the way there. */
const THROUGH = new Set(["body", "params", "request", "modelInput"]);
/** Requests are flatter: what is deeper is no prompt. */
const MOST_DEPTH = 12;

function collect(node: unknown, lines: string[], role: string, depth: number): void {
  if (typeof node === "string") lines.push(role ? `[${role}] ${node}` : node);
  else if (Array.isArray(node) && depth < MOST_DEPTH)
    for (const part of node) collect(part, lines, role, depth + 1);
  else if (typeof node === "object" && node !== null && depth < MOST_DEPTH) {
    const own = "role" in node && typeof node.role === "string" ? node.role : role;
    for (const [name, value] of Object.entries(node)) {
      if (READ.has(name))
        collect(value, lines, own || (name.startsWith("system") ? "system" : ""), depth + 1);
      else if (THROUGH.has(name)) collect(value, lines, role, depth + 1);
    }
  }
}
