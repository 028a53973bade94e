/** Answers that are kept as they come: those of tries, and those of a retry in real time until they are in the job's files. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { opendir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { explainDisk } from "../../local/disk-error.ts";
import { writePrivate } from "../../local/private-file.ts";
import type { Room } from "../../shared/objects/port.ts";
import type { AskedNow } from "../../shared/providers/ask-now.ts";

/** A folder with a file for each answer. */
export class KeptAnswers {
  /** Answers that were paid for, and that the disk had no room for. */
  lost = 0;
  readonly #dir: string;
  readonly #room: Room | undefined;
  readonly #write: typeof writePrivate;

  /**
   * @param dir made with the first answer
   * @param room held for answers under way, where many are
   */
  constructor(dir: string, room?: Room, write = writePrivate) {
    this.#dir = dir;
    this.#room = room;
    this.#write = write;
  }

  /** The answer to a request; null when there is none that can be read. */
  async get(identity: readonly (string | undefined)[]): Promise<AskedNow | null> {
    return readAnswer(this.#file(identity));
  }

  /** All that can be read, in any order. */
  async *all(): AsyncGenerator<AskedNow> {
    if (!existsSync(this.#dir)) return;
    for await (const { name } of await opendir(this.#dir)) {
      const asked = name.endsWith(".json") && (await readAnswer(join(this.#dir, name)));
      if (asked) yield asked;
    }
  }

  /**
   * Keeps an answer.
   * @throws Error when the disk is full: nothing more should be asked. The answer is kept as long as the held room lasts
   */
  put(identity: readonly (string | undefined)[], asked: AskedNow): void {
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

async function readAnswer(file: string): Promise<AskedNow | null> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as AskedNow;
  } catch {
    return null;
  }
}
