/** Answers of earlier tries: a row that has not changed is not paid for twice. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { explainDisk } from "../../local/disk-error.ts";
import { writePrivate } from "../../local/private-file.ts";
import type { Room } from "../../shared/objects/port.ts";
import type { AskedNow } from "../../shared/providers/ask-now.ts";

/** A folder with a file for each answer. */
export class TryCache {
  /** Answers that were paid for, and that the disk had no room for. */
  lost = 0;
  readonly #dir: string;
  readonly #room: Room | undefined;
  readonly #write: typeof writePrivate;

  /**
   * @param dataDir the folder of all local state
   * @param room held for answers under way, where many are
   */
  constructor(dataDir: string, room?: Room, write = writePrivate) {
    this.#dir = join(dataDir, "try");
    this.#room = room;
    this.#write = write;
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
   * @throws Error when the disk is full: nothing more should be asked. The answer is kept as long as the held room lasts
   */
  put(identity: readonly (string | undefined)[], asked: AskedNow): void {
    if (!asked.outcome || asked.outcome.retryable) return;
    const file = this.#file(identity);
    try {
      this.#write(file, asked);
    } catch (error) {
      this.#room?.release();
      try {
        this.#write(file, asked);
      } catch {
        this.lost++;
      }
      throw explainDisk(error, this.#dir);
    }
  }

  #file(identity: readonly (string | undefined)[]): string {
    return join(this.#dir, `${createHash("sha256").update(JSON.stringify(identity)).digest("hex")}.json`);
  }
}
