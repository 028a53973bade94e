/** The rows of a file that are tried, as the very requests that a batch would hold. */
import type { BatchFile } from "../../functions/prepare-job/batch-writer.ts";
import { parseEntry } from "../../shared/objects/index-line.ts";
import { bodyTextOf } from "../../shared/providers/ask-now.ts";
import type { JsonText } from "../../shared/providers/provider.ts";
import type { Utf8Text } from "../../shared/streams/utf8-text.ts";
import { CountedFile } from "./quote-file.ts";

export interface PickedRow {
  /** The row's line in the input, from 1. */
  line: number;
  custom_id: string;
  body: JsonText;
}

/** Which rows of the input are tried. */
export interface RowChoice {
  /** How many: the first ones, or with `random` any. */
  count: number;
  random?: boolean;
  /** Lines of the input; `count` and `random` then do not matter. */
  rows?: readonly number[];
}

/** Watches a file being cut into batches: reports each valid row, and waits until it may continue. */
export class RowWatcher {
  readonly #onRow: (row: PickedRow) => Promise<void> | undefined;
  #request = "";

  constructor(onRow: (row: PickedRow) => Promise<void> | undefined) {
    this.#onRow = onRow;
  }

  /** Stands for the files of the batches; see `BatchWriting`. */
  readonly open = (key: string): BatchFile => {
    return new WatchedFile((text) => {
      if (key.endsWith(".index")) return this.#entry(text);
      this.#request = text;
      return undefined;
    });
  };

  #entry(entryLine: string): Promise<void> | undefined {
    const [line, custom_id, error] = parseEntry(Buffer.from(entryLine.trimEnd()));
    if (error !== undefined) return undefined;
    return this.#onRow({ line, custom_id, body: bodyTextOf(this.#request) });
  }
}

/** Keeps the chosen rows of a file. Invalid rows are never among them. */
export class RowPicker {
  readonly picked: PickedRow[] = [];
  readonly #choice: RowChoice;
  readonly #watcher = new RowWatcher((row) => this.#consider(row));
  #seen = 0;

  constructor(choice: RowChoice) {
    this.#choice = choice;
  }

  /** See `RowWatcher`. */
  get open(): (key: string) => BatchFile {
    return this.#watcher.open;
  }

  #consider(row: PickedRow): undefined {
    const { rows, count, random } = this.#choice;
    const place = this.#seen++;
    if (rows) {
      if (rows.includes(row.line)) this.picked.push(row);
    } else if (place < count) {
      this.picked.push(row);
    } else if (random) {
      // Each row is as likely as any other to stay, however many there are (reservoir sampling).
      const replaced = Math.floor(Math.random() * this.#seen);
      if (replaced < count) this.picked.splice(replaced, 1, row);
    }
  }
}

/** Passes on what is written. */
class WatchedFile extends CountedFile {
  readonly #onWrite: (text: string) => Promise<void> | undefined;

  constructor(onWrite: (text: string) => Promise<void> | undefined) {
    super();
    this.#onWrite = onWrite;
  }

  override write(text: string | Utf8Text): Promise<void> | undefined {
    super.write(text);
    return this.#onWrite(String(text));
  }
}
