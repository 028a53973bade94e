/** What a retry in real time may have paid for without an answer, kept beside its file: runs may be killed, or fail. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { writePrivate } from "../../local/private-file.ts";

export class LostRequests {
  /** Of earlier runs of this retry. */
  readonly before: number;
  readonly #file: string;
  readonly #most: number;
  #ended = 0;

  /** @param most requests under way at once: this run counts as if it were killed, until it says otherwise */
  constructor(file: string, most: number) {
    this.#file = file;
    this.#most = most;
    this.before = existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
    writePrivate(file, this.before + most);
  }

  /** So many of those that have ended are lost, should the run be killed. @throws Error of a full disk */
  ended(lost: number): void {
    if (lost === this.#ended) return;
    this.#ended = lost;
    writePrivate(this.#file, this.before + this.#most + lost);
  }

  /** Nothing of the run is under way any more: only so many are lost. On a full disk, the count stays too high. */
  known(lost: number): void {
    try {
      writePrivate(this.#file, this.before + lost);
    } catch {}
  }

  /** They are in a receipt that is written. */
  settled(): void {
    rmSync(this.#file, { force: true });
  }
}
