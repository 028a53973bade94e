/** Room on the disk for answers that are paid for and under way when it becomes full. */
import { randomBytes } from "node:crypto";
import { closeSync, openSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { explainDisk } from "./disk-error.ts";
import { makeFolders } from "./make-folders.ts";

/** Bytes that are held: a hundred answers of 40 KB, as many as are asked at once. */
const BYTES = 4_000_000;

/** Held until it is released, or the process dies: the file has no name. */
export class HeldRoom {
  #file: number | undefined;

  /** @throws Error of a full disk. `dir`: a folder on the disk, which is made where it is not there */
  constructor(dir: string) {
    makeFolders(dir, 0o700);
    const path = join(dir, `reserve.${process.pid}.${randomBytes(4).toString("hex")}`);
    this.#file = openSync(path, "w", 0o600);
    try {
      // Some disks keep no zeros.
      writeFileSync(this.#file, randomBytes(BYTES));
    } catch (error) {
      this.release();
      throw explainDisk(error, dir);
    } finally {
      rmSync(path, { force: true });
    }
  }

  /** Frees the room; a second time changes nothing. */
  release(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}
