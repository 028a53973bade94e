import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a folder and those above it. Node's own `recursive` never returns where a place takes no folders, as /proc (24.21): it
 * tries the same again and again.
 * @throws Error that says so of such a place; of `node:fs` otherwise
 */
export function makeFolders(dir: string, mode?: number): void {
  const above = dirname(dir);
  // A drive of Windows may not be there.
  if (above === dir || existsSync(dir)) return;
  makeFolders(above, mode);
  try {
    mkdirSync(dir, { mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Another process was faster.
    if (code === "EEXIST") return;
    if (code !== "ENOENT") throw error;
    throw new Error(`${dir} cannot be made: this place takes no folders`, { cause: error });
  }
}
