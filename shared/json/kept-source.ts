/** Keeps with parsed values the text that they were parsed from: what is passed on is written as it came. */
import { elementsOf, type Member, membersOf } from "./source.ts";

const sources = new WeakMap<object, string>();

/** Members of an input line that go to the provider as they are: those whose own members or elements do are marked. */
const PASSED_ON = new Map([
  ["body", false],
  ["params", false],
  ["request", false],
  ["modelInput", false],
  ["extra", true],
  ["messages", true],
]);

/** Keeps the texts of what an input line passes on. `line` was parsed from `text`. */
export function keepSources(line: Record<string, unknown>, text: string): void {
  if (![...PASSED_ON.keys()].some((name) => isContainer(line[name]))) return;
  for (const member of membersOf(text)) {
    const value = line[member.name];
    const also = PASSED_ON.get(member.name);
    if (also === undefined || !isContainer(value)) continue;
    sources.set(value, text.slice(member.start, member.end));
    if (also) keepParts(value, text, member);
  }
}

/** Of members with the same name the last is kept, as `JSON.parse` takes it. */
function keepParts(value: object, text: string, { start }: Member): void {
  const parts = Array.isArray(value)
    ? elementsOf(text, start).map((span, place) => ({ ...span, part: value[place] }))
    : membersOf(text, start).map((member) => ({
        ...member,
        part: (value as Record<string, unknown>)[member.name],
      }));
  for (const { part, start, end } of parts) if (isContainer(part)) sources.set(part, text.slice(start, end));
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** A request's body as JSON: itself, its members and their elements as they were received, where their texts are kept. */
export function jsonText(body: Record<string, unknown>): string {
  const source = sources.get(body);
  if (source !== undefined) return source;
  if (!Object.values(body).some(hasSource)) return JSON.stringify(body);
  const members = Object.entries(body).flatMap(([name, value]) =>
    value === undefined ? [] : `${JSON.stringify(name)}:${memberText(value)}`,
  );
  return `{${members.join(",")}}`;
}

/** Whether a value, or an element of it, has its text kept. */
function hasSource(value: unknown): boolean {
  if (!isContainer(value)) return false;
  return (
    sources.has(value) ||
    (Array.isArray(value) && value.some((element) => isContainer(element) && sources.has(element)))
  );
}

function memberText(value: unknown): string {
  if (!isContainer(value)) return JSON.stringify(value);
  const source = sources.get(value);
  if (source !== undefined) return source;
  if (!Array.isArray(value)) return JSON.stringify(value);
  return `[${value.map((element) => (isContainer(element) && sources.get(element)) || JSON.stringify(element)).join(",")}]`;
}
