/** `failed.jsonl`: the input lines that got no answer, byte for byte, ready to be uploaded again. */
import type { JobFile } from "../../shared/objects/job-file.ts";
import { ObjectWriter } from "../../shared/objects/object-writer.ts";
import { openObject } from "../../shared/objects/objects.ts";
import { splitLines } from "../../shared/streams/jsonl.ts";
import { type InputReader, utf8Bytes } from "../../shared/streams/reader.ts";
import type { FailedCursor } from "./failed-cursor.ts";

const LF = 0x0a;

/**
 * Bytes of the input between two positions at which a run may stop: about 15 s of reading. Parts always end there, wherever
 * runs stop. So each part has the same bytes in every run.
 */
export const PART_BYTES = 1024 * 1024 * 1024;

export interface Copying {
  file: JobFile;
  reader: InputReader;
  /** Keys of lists of line numbers, ascending over all of them. */
  unanswered: string[];
  /** Where the lines go that are in the part of the input from this byte on. */
  partKey: (start: number) => string;
  /** Whether to stop at the end of this part; the next run resumes. */
  isLate: () => boolean;
  /** Default: see `PART_BYTES`. */
  partBytes?: number;
}

/**
 * Copies the input lines named in the lists, and the `{"job": ...}` line where there is one. It begins where the cursor
 * is, which moves along. The input is passed through in pieces, so no line has to fit into memory.
 */
export async function copyFailed(copying: Copying, cursor: FailedCursor): Promise<void> {
  const { file, reader, unanswered, isLate, partBytes = PART_BYTES } = copying;
  const lines = new WantedLines(unanswered, file.header, cursor);
  if (await lines.seek()) {
    let part = new FailedPart(copying, cursor);
    let at = cursor.start;
    try {
      for await (const { buffer, byteOffset, byteLength } of utf8Bytes(reader.source, reader.kind, at)) {
        const chunk = Buffer.from(buffer, byteOffset, byteLength);
        for (let from = 0; from < chunk.length; ) {
          if (at === cursor.start + partBytes) {
            await part.end(at, lines);
            if (isLate()) return;
            part = new FailedPart(copying, cursor);
          }
          const piece = chunk.subarray(from, from + cursor.start + partBytes - at);
          await lines.copy(piece, part.writer);
          from += piece.length;
          at += piece.length;
        }
        if (lines.isDone) break;
      }
      if (lines.endsOpen) await part.writer.write("\n");
      await part.end(at, lines);
    } catch (error) {
      await part.writer.abort();
      throw error;
    }
  }
  cursor.complete = true;
}

/** Where the lines of one part of the input go; there is no object of a part without any. */
export class FailedPart {
  readonly writer: ObjectWriter;
  readonly #key: string;
  readonly #cursor: FailedCursor;

  constructor({ partKey }: Copying, cursor: FailedCursor) {
    this.#key = partKey(cursor.start);
    this.#cursor = cursor;
    this.writer = new ObjectWriter(this.#key);
  }

  /** Ends it, and moves the cursor behind it: to byte `start`. */
  async end(start: number, { number, endsOpen }: Pick<FailedCursor, "number" | "endsOpen">): Promise<void> {
    const { bytes } = this.writer;
    if (bytes > 0) {
      await this.writer.close();
      this.#cursor.parts.push({ key: this.#key, bytes });
    }
    Object.assign(this.#cursor, { start, number, endsOpen });
  }
}

/** Picks the wanted lines out of a stream of bytes. */
class WantedLines {
  /** The line that the next byte is in. */
  number: number;
  /** Whether what was copied last did not end its line. */
  endsOpen: boolean;
  #want = 0;
  readonly #header: number;
  readonly #wanted: AsyncGenerator<number, undefined>;

  constructor(lists: string[], header: number, { number, endsOpen }: FailedCursor) {
    this.number = number;
    this.endsOpen = endsOpen;
    this.#header = header;
    this.#wanted = unansweredLines(lists);
  }

  /** Goes to the first wanted line that is not behind us. @returns whether there is one, or a line that it left open */
  async seek(): Promise<boolean> {
    while (this.#want < this.number) await this.#next();
    return this.#want !== Number.POSITIVE_INFINITY || this.endsOpen;
  }

  get isDone(): boolean {
    return this.#want === Number.POSITIVE_INFINITY && this.number > this.#header;
  }

  /** Copies what is wanted of the next bytes. */
  async copy(piece: Buffer, writer: ObjectWriter): Promise<void> {
    for (let start = 0; start < piece.length; ) {
      const found = piece.indexOf(LF, start);
      const end = found === -1 ? piece.length : found + 1;
      if (this.number === this.#want || this.number === this.#header) {
        await writer.write(piece.subarray(start, end));
        this.endsOpen = found === -1;
      }
      if (found !== -1) {
        if (this.number === this.#want) await this.#next();
        this.number++;
      }
      start = end;
    }
  }

  async #next(): Promise<void> {
    this.#want = (await this.#wanted.next()).value ?? Number.POSITIVE_INFINITY;
  }
}

/** The numbers in lists of one a line. */
export async function* unansweredLines(keys: string[]): AsyncGenerator<number, undefined> {
  for (const key of keys) {
    for await (const lines of splitLines(await openObject(key), 64)) {
      for (const line of lines) if (!line.tooLong) yield Number(line.bytes.toString("latin1"));
    }
  }
}
