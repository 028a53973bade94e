/** `failed.jsonl`: the input lines that got no answer, byte for byte, ready to be uploaded again. */

import { openInput } from "../../shared/input.ts";
import type { JobFile } from "../../shared/job-file.ts";
import { splitLines } from "../../shared/jsonl.ts";
import { ObjectWriter } from "../../shared/object-writer.ts";
import { openObject } from "../../shared/objects.ts";

const LF = 0x0a;

/**
 * Copies the input lines named in the lists, and the `{"job": ...}` line where there is one. The
 * input is passed through in pieces, so that no line has to fit into memory. `unanswered`: keys of
 * lists of line numbers, ascending over all of them.
 */
export async function writeFailed(file: JobFile, unanswered: string[], target: string): Promise<void> {
  const { provider, model } = file.spec;
  const writer = new ObjectWriter(target, { metadata: asciiOnly({ provider, model }) });
  try {
    if (unanswered.length > 0) await copyLines(file, lineNumbers(unanswered), writer);
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

async function copyLines(file: JobFile, wanted: AsyncIterator<number>, writer: ObjectWriter): Promise<void> {
  const next = async () => (await wanted.next()).value ?? Number.POSITIVE_INFINITY;
  let want: number = await next();
  let number = 1;
  let endsOpen = false;
  for await (const data of openInput(file.key, file.version)) {
    const chunk = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    for (let start = 0; start < chunk.length; ) {
      const found = chunk.indexOf(LF, start);
      const end = found === -1 ? chunk.length : found + 1;
      if (number === want || number === file.header) {
        await writer.write(chunk.subarray(start, end));
        endsOpen = found === -1;
      }
      if (found !== -1) {
        if (number === want) want = await next();
        number++;
      }
      start = end;
    }
    if (want === Number.POSITIVE_INFINITY && number > file.header) break;
  }
  if (endsOpen) await writer.write("\n");
}

async function* lineNumbers(keys: string[]): AsyncGenerator<number, undefined> {
  for (const key of keys) {
    for await (const lines of splitLines(await openObject(key), 64)) {
      for (const line of lines) if (!line.tooLong) yield Number(line.bytes.toString("latin1"));
    }
  }
}

/** S3 user metadata travels in HTTP headers. */
function asciiOnly(metadata: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => /^[\x20-\x7e]*$/.test(value)));
}
