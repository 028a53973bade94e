/** A file of this machine as a job's input. */
import { createReadStream, statSync } from "node:fs";
import type { InputSource } from "../../shared/streams/input-kind.ts";

const READ_BYTES = 1024 * 1024;

export function fileSource(file: string): InputSource {
  return {
    name: file,
    bytes: statSync(file).size,
    async *open(start, to) {
      const end = to === undefined ? Number.POSITIVE_INFINITY : to - 1;
      if (start <= end) yield* createReadStream(file, { start, end, highWaterMark: READ_BYTES });
    },
  };
}
