/** Half surrogate pairs: characters that a program cut in two. No provider takes one, and it fails a whole batch. */
import { isObject } from "./values.ts";

/** Whether a JSON text escapes a surrogate without its other half of its pair. */
export function hasLoneSurrogate(text: string): boolean {
  if (!text.includes("\\u") || !/\\u[dD][89a-fA-F]/.test(text)) return false;
  const escapes = /\\(?:u([0-9a-fA-F]{4})|[^u])/g;
  let high = -1;
  for (let found = escapes.exec(text); found; found = escapes.exec(text)) {
    const code = found[1] === undefined ? 0 : Number.parseInt(found[1], 16);
    const isLow = code >= 0xdc00 && code <= 0xdfff;
    if (high !== -1 ? !isLow || found.index !== high : isLow) return true;
    high = code >= 0xd800 && code <= 0xdbff ? escapes.lastIndex : -1;
  }
  return high !== -1;
}

/** Where in a value there is half a surrogate pair, such as `messages.0.content`; undefined when there is none. */
export function loneSurrogateIn(value: unknown, path = ""): string | undefined {
  if (typeof value === "string") return value.isWellFormed() ? undefined : path;
  if (!Array.isArray(value) && !isObject(value)) return undefined;
  for (const [name, member] of Object.entries(value)) {
    const at = path === "" ? name : `${path}.${name}`;
    const found = name.isWellFormed() ? loneSurrogateIn(member, at) : path;
    if (found !== undefined) return found;
  }
  return undefined;
}
