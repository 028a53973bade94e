/**
 * The source text of JSON values. What is parsed and written again is changed. Long integers and fractions are rounded,
 * `1e400` becomes null, keys that are whole numbers move to the front. So what is passed on is cut out of its text.
 *
 * The functions take the text of valid JSON. Of invalid JSON they say something, and they end.
 */

/**
 * Levels of objects and arrays that are passed on. `JSON.stringify` gives up near 4,500, Python's json near 1,000,
 * serde_json (Polars) at 128. A row of results adds a few to what it holds.
 */
export const MAX_DEPTH = 100;

/** A member of an object: its name, where the name begins, and where its value stands. */
export interface Member {
  name: string;
  from: number;
  start: number;
  end: number;
}

/** Where a value stands in its text. */
export interface Span {
  start: number;
  end: number;
}

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** The members of the object that begins at `at`; none when there is no object. */
export function membersOf(text: string, at = 0): Member[] {
  const members: Member[] = [];
  let from = skipSpace(text, at);
  if (text.charCodeAt(from) !== OPEN_BRACE) return members;
  for (from = skipSpace(text, from + 1); text.charCodeAt(from) === QUOTE; ) {
    const nameEnd = endOfString(text, from);
    const start = skipSpace(text, skipSpace(text, nameEnd) + 1);
    const end = endOfValue(text, start);
    members.push({ name: nameFrom(text, from, nameEnd), from, start, end });
    from = skipSpace(text, end);
    if (text.charCodeAt(from) === COMMA) from = skipSpace(text, from + 1);
  }
  return members;
}

/** The elements of the array that begins at `at`; none when there is no array. */
export function elementsOf(text: string, at = 0): Span[] {
  const elements: Span[] = [];
  let start = skipSpace(text, at);
  if (text.charCodeAt(start) !== OPEN_BRACKET) return elements;
  start = skipSpace(text, start + 1);
  while (start < text.length && text.charCodeAt(start) !== CLOSE_BRACKET) {
    const end = endOfValue(text, start);
    elements.push({ start, end });
    start = skipSpace(text, end);
    if (text.charCodeAt(start) !== COMMA) break;
    start = skipSpace(text, start + 1);
  }
  return elements;
}

/** The member of that name: of several the last, as `JSON.parse` has it. */
export function memberOf(text: string, name: string, at = 0): Member | undefined {
  return membersOf(text, at).findLast((member) => member.name === name);
}

/** A member of a member, in one pass over the text: of several with a name the last counts. */
export function memberWithin(text: string, outer: string, inner: string): Member | undefined {
  let found: Member | undefined;
  let depth = 0;
  let from = skipSpace(text, 0);
  if (text.charCodeAt(from) !== OPEN_BRACE) return undefined;
  from = skipSpace(text, from + 1);
  for (;;) {
    const code = text.charCodeAt(from);
    if (code === QUOTE) {
      const nameEnd = endOfString(text, from);
      const start = skipSpace(text, skipSpace(text, nameEnd) + 1);
      const name = nameFrom(text, from, nameEnd);
      if (depth === 0 && name === outer) {
        found = undefined;
        if (text.charCodeAt(start) === OPEN_BRACE) {
          depth = 1;
          from = skipSpace(text, start + 1);
          continue;
        }
      }
      const end = endOfValue(text, start);
      if (depth === 1 && name === inner) found = { name, from, start, end };
      from = skipSpace(text, end);
    } else if (code === CLOSE_BRACE && depth === 1) {
      depth = 0;
      from = skipSpace(text, from + 1);
    } else return found;
    if (text.charCodeAt(from) === COMMA) from = skipSpace(text, from + 1);
  }
}

/** The text of the value at a path of names and of positions from 0; null when there is none. */
export function sourceAt(text: string, ...path: (string | number)[]): string | null {
  let at = 0;
  let end = text.length;
  for (const step of path) {
    const span = typeof step === "string" ? memberOf(text, step, at) : elementsOf(text, at)[step];
    if (!span) return null;
    at = span.start;
    end = span.end;
  }
  return text.slice(at, end);
}

/** A text without some of its members. They are of objects that do not overlap, or of one, in order. */
export function withoutMembers(text: string, members: readonly Member[]): string {
  let kept = "";
  let at = 0;
  for (const { from, end } of members) {
    const next = skipSpace(text, end);
    const before = text.slice(at, from);
    if (text.charCodeAt(next) === COMMA) {
      kept += before;
      at = skipSpace(text, next + 1);
    } else {
      // The last member takes the comma before it away.
      if (before.trim() === "") kept = withoutLastComma(kept);
      kept += withoutLastComma(before);
      at = end;
    }
  }
  return kept + text.slice(at);
}

function withoutLastComma(text: string): string {
  const end = text.trimEnd();
  return end.endsWith(",") ? end.slice(0, -1) : text;
}

/** Whether a text has more than `MAX_DEPTH` levels of objects and arrays. */
export function isTooDeep(text: string): boolean {
  if (!hasManyLevels(text)) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at) - 1;
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      if (++depth > MAX_DEPTH) return true;
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth--;
  }
  return false;
}

/** Whether there are enough brackets for so many levels, those in strings counted: few texts have, and `indexOf` is fast. */
function hasManyLevels(text: string): boolean {
  // Each level takes a character to begin, and one to end.
  if (text.length <= 2 * MAX_DEPTH) return false;
  let brackets = 0;
  for (const bracket of ["{", "["]) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1))
      if (++brackets > MAX_DEPTH) return true;
  }
  return false;
}

/**
 * A value's text, fit to be part of a line: without line ends between its values. What is too deep for programs that
 * read it later becomes a JSON string of the text.
 */
export function onOneLine(text: string): string {
  return isTooDeep(text) ? JSON.stringify(text) : withoutLineEnds(text);
}

/** A JSON text without line ends between its values: inside a string a line end is always escaped. */
export function withoutLineEnds(text: string): string {
  if (!text.includes("\n") && !text.includes("\r")) return text;
  return text.replace(/[ \t]*[\r\n][ \t\r\n]*/g, " ");
}

/** The end of the value that begins at `at`: the position after it. */
function endOfValue(text: string, at: number): number {
  let depth = 0;
  for (let i = at; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE:
        i = endOfString(text, i) - 1;
        if (depth === 0) return i + 1;
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth++;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        if (depth === 0) return i;
        if (--depth === 0) return i + 1;
        break;
      case COMMA:
      case SPACE:
      case TAB:
      case CR:
      case LF:
        if (depth === 0) return i;
    }
  }
  return text.length;
}

/** The position after the string whose first quote is at `at`. Goes from quote to quote: most of a line is long strings. */
function endOfString(text: string, at: number): number {
  for (let quote = text.indexOf('"', at + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let before = quote - 1;
    while (before > at && text.charCodeAt(before) === BACKSLASH) before--;
    if ((quote - before) % 2 === 1) return quote + 1;
  }
  return text.length;
}

function skipSpace(text: string, at: number): number {
  for (let i = at; ; i++) {
    const code = text.charCodeAt(i);
    if (code !== SPACE && code !== TAB && code !== CR && code !== LF) return i;
  }
}

/** A name as `JSON.parse` reads it. */
function nameFrom(text: string, start: number, end: number): string {
  const name = text.slice(start + 1, end - 1);
  if (!name.includes("\\")) return name;
  try {
    return JSON.parse(text.slice(start, end));
  } catch {
    return name;
  }
}
