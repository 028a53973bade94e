/** Files that appear whole or not at all. */
import { rename, rm } from "node:fs/promises";

/** Writes a file that appears whole or not at all. `write` is given the path to write to. */
export async function whole(path: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${path}.${process.pid}.part`;
  try {
    await write(temporary);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
