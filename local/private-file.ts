/** Files that this user's processes leave for each other. */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type * as z from "zod";
import { makeFolders } from "./make-folders.ts";

/** Writes a file that nobody else may read. It is there whole or not at all, even after a power cut. */
export function writePrivate(file: string, value: unknown): void {
  makeFolders(dirname(file), 0o700);
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, JSON.stringify(value), { mode: 0o600, flush: true });
  renameSync(temporary, file);
  syncFolder(dirname(file));
}

/** What such a file holds; null where there is none, or it is not as we write it. */
export function readPrivate<T>(file: string, schema: z.ZodType<T>): T | null {
  // An error would take ten times as long, and a list of jobs asks for a thousand.
  if (!existsSync(file)) return null;
  try {
    return schema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return null;
  }
}

/** Brings the names in a folder to disk: without it, a power cut may take a file that was synced. */
export function syncFolder(folder: string): void {
  // Windows opens no folders, and needs none of this.
  if (process.platform === "win32") return;
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
