/** Reads an object's file, and sees that it is as it was written. */
import type { FileHandle } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { DamagedFolderError } from "./damaged.ts";

const CHUNK = 256 * 1024;

/**
 * The bytes from `from` up to but not including `to`; the checksum is compared when they are all there are. Closes the file.
 * @param reuses whether all pieces have the same memory: the reader must be done with one before it takes the next
 * @throws DamagedFolderError
 */
export async function* readFileChecked(
  handle: FileHandle,
  path: string,
  due: { bytes: number; crc: number },
  from: number,
  to: number,
  reuses: boolean,
): AsyncGenerator<Buffer> {
  try {
    let crc = 0;
    const memory = reuses ? Buffer.allocUnsafeSlow(CHUNK) : undefined;
    for (let at = from; at < to; ) {
      const length = Math.min(CHUNK, to - at);
      const { bytesRead, buffer } = await handle.read(
        memory ?? Buffer.allocUnsafeSlow(length),
        0,
        length,
        at,
      );
      if (bytesRead === 0) throw new DamagedFolderError(path, `it has ${at} bytes of ${due.bytes}`);
      const chunk = buffer.subarray(0, bytesRead);
      if (to - from === due.bytes) crc = crc32(chunk, crc);
      at += bytesRead;
      // Before the last piece is given out: a reader of the whole never takes damaged bytes for good ones.
      if (at === to && to - from === due.bytes && crc !== due.crc)
        throw new DamagedFolderError(path, "its checksum does not fit");
      yield chunk;
    }
  } finally {
    await handle.close();
  }
}
