/** The rows of a file that are tried, as the very requests that a batch would hold. */
import type { BatchFile } from "../../functions/prepare-job/batch-writer.ts";
import { memberOf } from "../../shared/json/source.ts";
import { parseEntry } from "../../shared/objects/index-line.ts";
import type { JsonText } from "../../shared/providers/provider.ts";
import { CountedFile } from "./quote-file.ts";

/** One row that is sent. */
export interface PickedRow {
  /** The row's line in the input, from 1. */
  line: number;
  custom_id: string;
  /** The body of its request. */
  body: JsonText;
}

/** Which rows. */
export interface Choice {
  /** How many: the first ones, or with `random` any. */
  count: number;
  random?: boolean;
  /** Lines of the input; `count` and `random` then do not matter. */
  rows?: readonly number[];
}

/** Watches a file being cut into batches, and keeps the chosen rows. Invalid rows are never among them. */
export class RowPicker {
  readonly picked: PickedRow[] = [];
  readonly #choice: Choice;
  #request = "";
  #seen = 0;

  constructor(choice: Choice) {
    this.#choice = choice;
  }

  /** Stands for the files of the batches; see `BatchWriting`. */
  readonly open = (key: string): BatchFile => {
    return new WatchedFile((text) => {
      if (!key.endsWith(".index")) this.#request = text;
      else this.#consider(text);
    });
  };

  #consider(entryLine: string): void {
    const [line, custom_id, error] = parseEntry(Buffer.from(entryLine.trimEnd()));
    if (error !== undefined) return;
    const { rows, count, random } = this.#choice;
    const place = this.#seen++;
    if (rows) {
      if (rows.includes(line)) this.picked.push(this.#row(line, custom_id));
    } else if (place < count) {
      this.picked.push(this.#row(line, custom_id));
    } else if (random) {
      // Each row is as likely as any other to stay, however many there are (reservoir sampling).
      const replaced = Math.floor(Math.random() * this.#seen);
      if (replaced < count) this.picked[replaced] = this.#row(line, custom_id);
    }
  }

  #row(line: number, custom_id: string): PickedRow {
    const body = memberOf(this.#request, "body") ?? memberOf(this.#request, "params");
    if (!body) throw new Error(`the request of line ${line} has no body`);
    return { line, custom_id, body: this.#request.slice(body.start, body.end) };
  }
}

/** Passes on what is written. */
class WatchedFile extends CountedFile {
  readonly #onWrite: (text: string) => void;

  constructor(onWrite: (text: string) => void) {
    super();
    this.#onWrite = onWrite;
  }

  override write(text: string): undefined {
    super.write(text);
    this.#onWrite(text);
  }
}
