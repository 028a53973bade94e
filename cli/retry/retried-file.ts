/** The results of items that were asked again in real time, and what they cost. */
import { closeSync, openSync, writeFileSync } from "node:fs";
import type { Bill } from "../../shared/models.ts";
import { addToBill, emptyBill, inRealTime } from "../../shared/money/sums.ts";
import { resultHead, unanswered } from "../../shared/objects/index-line.ts";
import { resultTail } from "../../shared/providers/wire/answer.ts";
import type { TriedRow } from "../try/try-rows.ts";

export class RetriedFile {
  /** What was paid, at real-time prices. */
  readonly bill: Bill = emptyBill();
  /** Items that were written. */
  rows = 0;
  readonly #model: string;
  readonly #file: number;

  /** @param model of the items that do not say who answered */
  constructor(path: string, model: string) {
    this.#model = model;
    this.#file = openSync(path, "w", 0o600);
  }

  write({ line, custom_id, charge, asked: { outcome, error } }: TriedRow): void {
    this.rows++;
    if (charge) addToBill(this.bill, outcome?.model ?? this.#model, inRealTime(charge));
    const head: [number, string] = [line, custom_id];
    const text = outcome
      ? resultHead(head) + resultTail(outcome)
      : unanswered(head, "failed", error ?? "no answer");
    writeFileSync(this.#file, `${text}\n`);
  }

  close(): void {
    closeSync(this.#file);
  }
}
