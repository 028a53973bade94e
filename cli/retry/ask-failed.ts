/** Asks the items of a file in real time, and writes their results in the file's order. */
import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import type { Bill, JobSpec } from "../../shared/models.ts";
import { addToBill, emptyBill } from "../../shared/money/sums.ts";
import { resultHead, unanswered } from "../../shared/objects/index-line.ts";
import { MOST_AT_ONCE, Pacer } from "../../shared/providers/pacer.ts";
import { resultTail } from "../../shared/providers/wire/answer.ts";
import type { PickedRow } from "../input/pick-rows.ts";
import { type TriedRow, type TryDeps, tryRow } from "../try/try-rows.ts";

/** Requests at once to begin with. */
const FIRST_AT_ONCE = 16;

/** Writes results in order while the next items are being asked. */
export class FailedAsker {
  /** What was paid, at real-time prices. */
  readonly bill: Bill = emptyBill();
  asked = 0;
  answered = 0;
  /** Tries whose answer broke off: they may have been billed. */
  unknown = 0;
  readonly #spec: JobSpec;
  readonly #deps: TryDeps;
  readonly #file: WriteStream;
  readonly #running: Promise<TriedRow>[] = [];

  constructor(path: string, spec: JobSpec, deps: TryDeps) {
    this.#file = createWriteStream(path, { mode: 0o600 });
    this.#spec = spec;
    this.#deps = { ...deps, pacer: new Pacer(FIRST_AT_ONCE) };
  }

  /** Begins with an item; waits when enough are under way. @throws ProviderAuthError when the key is refused */
  async ask(row: PickedRow): Promise<void> {
    const asking = tryRow(row, this.#spec, this.#deps);
    // Its failure is met where it is waited for.
    asking.catch(() => {});
    this.#running.push(asking);
    if (this.#running.length >= MOST_AT_ONCE) await this.#writeNext();
  }

  /** Waits for the rest. */
  async finish(): Promise<void> {
    while (this.#running.length > 0) await this.#writeNext();
    this.#file.end();
    await once(this.#file, "close");
  }

  /** After an error, waits for what is under way: it is paid for, and the next retry finds its answers. */
  async giveUp(): Promise<void> {
    await Promise.allSettled(this.#running);
    this.#file.destroy();
  }

  async #writeNext(): Promise<void> {
    const row = await (this.#running.shift() as Promise<TriedRow>);
    const { outcome, error, unknown } = row.asked;
    this.asked++;
    this.unknown += unknown;
    if (error === null) this.answered++;
    if (row.charge) {
      const paid = { ...row.charge, cost_usd: row.charge.real_time_usd };
      addToBill(this.bill, outcome?.model ?? this.#spec.model, paid);
    }
    const head: [number, string] = [row.line, row.custom_id];
    const text = outcome
      ? resultHead(head) + resultTail(outcome)
      : unanswered(head, "failed", error ?? "no answer");
    if (!this.#file.write(`${text}\n`)) await once(this.#file, "drain");
    this.#deps.onRow(row);
  }
}
