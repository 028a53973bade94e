/** What the command prints passes through here: text from outside never moves the cursor or changes the terminal. */

/** The colours that the command itself uses (picocolors): they change the colour of text, and nothing else. */
const COLOUR = String.raw`\u001b\[(?:0|1|2|22|3[1-6]|39)m`;
/** Control characters but for the tab and the line end, and characters that turn the direction of writing. */
const UNSAFE = String.raw`[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]`;
const ANY = new RegExp(`${COLOUR}|${UNSAFE}`, "gu");

/** A text that is safe to print: each unsafe character becomes its escape, such as `\u001b`. */
export function safeText(text: string, { colours = false } = {}): string {
  return text
    .toWellFormed()
    .replace(ANY, (found) => (colours && found.length > 1 ? found : [...found].map(escaped).join("")));
}

/** The same for JSON: it stays JSON, with the same values. */
export const safeJson = (value: unknown) => JSON.stringify(value).replace(new RegExp(UNSAFE, "gu"), escaped);

function escaped(character: string): string {
  if (!new RegExp(UNSAFE, "u").test(character)) return character;
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** Commands that a message may ask the reader to type. */
const TYPED =
  /(?<!npx )\bnightshift (?=(?:run|submit|list|status|watch|view|results|retry|cancel|quote|try|recipe|doctor|sandbox)\b)/g;

/** A text whose commands can be typed as they stand: under npx, `nightshift` alone is not found. */
export function asTyped(text: string): string {
  return process.env.npm_command === "exec" ? text.replace(TYPED, "npx nightshift ") : text;
}

/** Prints a line to stdout. */
export function print(text = ""): void {
  process.stdout.write(`${safeText(asTyped(text))}\n`);
}

/** Prints a doubt to stderr. */
export const printWarning = (message: string) => printError(`warning: ${message}`);

/** Prints what went wrong to stderr. */
export function printError(message: string): void {
  process.stderr.write(`nightshift: ${safeText(asTyped(message))}\n`);
}

/** Prints a value to stdout as one line of JSON. */
export function printJson(value: object): void {
  process.stdout.write(`${safeJson(value)}\n`);
}
