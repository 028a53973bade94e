/** The elements of a JSON array, each as its text, as they come: arrays of any length in flat memory. */
import { InvalidJobError } from "../errors.ts";
import type { JsonlLine, LinePosition } from "./jsonl.ts";

const [OPEN, CLOSE, COMMA, QUOTE, BACKSLASH] = [0x5b, 0x5d, 0x2c, 0x22, 0x5c];

/**
 * @param name the file's name for a person
 * @param from the elements and bytes before the stream's beginning, which is that of an element where `start` is not 0
 * @throws InvalidJobError when the array is cut, or there is more behind it
 */
export async function* arrayElements(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  maxBytes: number,
  from: LinePosition,
): AsyncGenerator<JsonlLine[]> {
  let state = (from.start === 0 ? "before" : "between") as "before" | "between" | "element" | "after";
  let { number, start } = from;
  let chunkStart = from.start;
  let depth = 0;
  let inString = false;
  let isEscaped = false;
  let pieces: Buffer[] = [];
  let length = 0;
  const keep = (piece: Buffer) => {
    length += piece.length;
    if (length > maxBytes) pieces = [];
    else if (piece.length > 0) pieces.push(piece);
  };
  for await (const data of chunks) {
    const chunk = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const elements: JsonlLine[] = [];
    let first = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (inString) {
        if (isEscaped) isEscaped = false;
        else if (byte === BACKSLASH) isEscaped = true;
        else if (byte === QUOTE) inString = false;
        continue;
      }
      if (state === "element") {
        if (byte === QUOTE) inString = true;
        else if (byte === OPEN || byte === 0x7b) depth++;
        else if (depth > 0 && (byte === CLOSE || byte === 0x7d)) depth--;
        else if (depth === 0 && (byte === COMMA || byte === CLOSE)) {
          keep(chunk.subarray(first, at));
          number++;
          elements.push(
            length > maxBytes
              ? { number, start, tooLong: true, length }
              : { number, start, bytes: pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces) },
          );
          pieces = [];
          length = 0;
          state = byte === COMMA ? "between" : "after";
        }
        continue;
      }
      // Blanks, and the byte order mark before the array.
      if (byte <= 0x20 || (state === "before" && byte !== OPEN)) continue;
      if (state === "before") state = "between";
      else if (state === "between" && byte === CLOSE) state = "after";
      else if (state === "between") {
        state = "element";
        first = at;
        start = chunkStart + at;
        at--;
      } else
        throw new InvalidJobError(
          `${name} has more behind the end of its JSON array, at byte ${chunkStart + at}`,
        );
    }
    if (state === "element") {
      keep(chunk.subarray(first));
      first = 0;
    }
    chunkStart += chunk.length;
    if (elements.length > 0) yield elements;
  }
  if (state !== "after")
    throw new InvalidJobError(`${name} is a JSON array without its end: it was cut after element ${number}`);
}
