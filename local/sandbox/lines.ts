import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { hasLoneSurrogate } from "../../shared/json/surrogates.ts";

const LF = 0x0a;
const WRITE_CHUNK = 256 * 1024;

/**
 * Lines of a byte stream, without their `\n`. Only the byte 0x0A ends a line: U+2028 and the like are
 * legal inside JSON strings, where `readline` would split. Memory holds one chunk and one line.
 */
export async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, from)) {
      const piece = chunk.subarray(from, at);
      yield rest.length === 0 ? piece : Buffer.concat([...rest, piece]);
      rest = [];
      from = at + 1;
    }
    if (from < chunk.length) rest.push(chunk.subarray(from));
  }
  if (rest.length > 0) yield Buffer.concat(rest);
}

/** Lines of a file; see `splitLines`. */
export function readLines(path: string): AsyncGenerator<Buffer> {
  return splitLines(createReadStream(path, { highWaterMark: 256 * 1024 }));
}

/** A line worth reading: providers skip blank ones. */
export function isBlank(line: Buffer): boolean {
  return line.length < 1024 && line.toString("latin1").trim() === "";
}

/** Prompt tokens of the request that is a member of a line. Null: the line has none that could be sent. */
export function requestTokens(
  line: Buffer,
  member: string,
  count: (request: Record<string, unknown>) => number,
): number | null {
  const text = line.toString("utf8");
  if (hasLoneSurrogate(text)) return null;
  try {
    const request = JSON.parse(text)[member];
    return typeof request === "object" && request !== null ? count(request) : null;
  } catch {
    return null;
  }
}

/** A file written line by line, a quarter of a megabyte at a time. */
export interface LineWriter {
  /** Bytes so far. */
  readonly bytes: number;
  /** Adds one line; `line` has no `\n`. */
  write(line: string): Promise<void>;
  close(): Promise<void>;
}

/** Opens a new file to write lines to. */
export async function writeLines(path: string): Promise<LineWriter> {
  const file = await open(path, "w");
  let pending: string[] = [];
  let pendingBytes = 0;
  let bytes = 0;
  async function flush(): Promise<void> {
    const text = pending.join("");
    pending = [];
    pendingBytes = 0;
    await file.writeFile(text);
  }
  return {
    get bytes() {
      return bytes;
    },
    async write(line) {
      const size = Buffer.byteLength(line) + 1;
      pending.push(`${line}\n`);
      pendingBytes += size;
      bytes += size;
      if (pendingBytes >= WRITE_CHUNK) await flush();
    },
    async close() {
      await flush();
      await file.close();
    },
  };
}
