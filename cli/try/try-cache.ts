/** Answers of earlier tries: a row that has not changed is not paid for twice. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writePrivate } from "../../local/private-file.ts";
import type { AskedNow } from "../../shared/providers/ask-now.ts";

/** A folder with a file for each answer. */
export class TryCache {
  readonly #dir: string;

  /** @param dataDir the folder of all local state */
  constructor(dataDir: string) {
    this.#dir = join(dataDir, "try");
  }

  /** The answer to a request; null when there is none that can be read. */
  async get(identity: readonly (string | undefined)[]): Promise<AskedNow | null> {
    try {
      return JSON.parse(await readFile(this.#file(identity), "utf8")) as AskedNow;
    } catch {
      return null;
    }
  }

  /** Keeps an answer. What may go right the next time is not kept. */
  put(identity: readonly (string | undefined)[], asked: AskedNow): void {
    if (asked.outcome && !asked.outcome.retryable) writePrivate(this.#file(identity), asked);
  }

  #file(identity: readonly (string | undefined)[]): string {
    return join(this.#dir, `${createHash("sha256").update(JSON.stringify(identity)).digest("hex")}.json`);
  }
}
