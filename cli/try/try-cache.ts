/** Answers of earlier tries: a row that has not changed is not paid for twice. */
import { createHash, randomBytes } from "node:crypto";
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writePrivate } from "../../local/private-file.ts";
import type { AskedNow } from "../../shared/providers/ask-now.ts";

/** Bytes of the disk that are held for answers under way: a hundred of 40 KB, as many as are asked at once. */
const RESERVE = 4_000_000;

/** A folder with a file for each answer. */
export class TryCache {
  /** Answers that were paid for, and that the disk had no room for. */
  lost = 0;
  readonly #dir: string;
  readonly #write: typeof writePrivate;
  #reserve: number | undefined;

  /**
   * @param dataDir the folder of all local state
   * @throws Error of a full disk, before anything is asked
   */
  constructor(dataDir: string, write = writePrivate) {
    this.#dir = join(dataDir, "try");
    this.#write = write;
    this.#reserve = heldRoom(this.#dir);
  }

  /** The answer to a request; null when there is none that can be read. */
  async get(identity: readonly (string | undefined)[]): Promise<AskedNow | null> {
    try {
      return JSON.parse(await readFile(this.#file(identity), "utf8")) as AskedNow;
    } catch {
      return null;
    }
  }

  /**
   * Keeps an answer. What may go right the next time is not kept.
   * @throws Error when the disk is full: nothing more should be asked. The answer is kept as long as the reserve has room
   */
  put(identity: readonly (string | undefined)[], asked: AskedNow): void {
    if (!asked.outcome || asked.outcome.retryable) return;
    const file = this.#file(identity);
    try {
      this.#write(file, asked);
    } catch (error) {
      if (this.#reserve !== undefined) closeSync(this.#reserve);
      this.#reserve = undefined;
      try {
        this.#write(file, asked);
      } catch {
        this.lost++;
      }
      throw error;
    }
  }

  #file(identity: readonly (string | undefined)[]): string {
    return join(this.#dir, `${createHash("sha256").update(JSON.stringify(identity)).digest("hex")}.json`);
  }
}

/** Room on the disk until the file is closed, or the process dies: the file has no name. */
function heldRoom(dir: string): number {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const path = join(dir, `reserve.${process.pid}`);
  const file = openSync(path, "w", 0o600);
  try {
    // Some disks keep no zeros.
    writeFileSync(file, randomBytes(RESERVE));
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  } finally {
    rmSync(path, { force: true });
  }
}
