/** What the provider charges for one round: every answer that it billed, kept or not, once. */
import { type Bill, type ItemStatus, isModelName, type ModelPrices, type Usage } from "../models.ts";
import { chargesOf } from "../money/prices.ts";
import { addToBill, addUsage, emptyBill, inRealTime, NO_USAGE } from "../money/sums.ts";
import type { ItemAnswer } from "../providers/provider.ts";
import type { BatchRecord } from "../records/batch-record.ts";

export interface BilledAnswer {
  status?: ItemStatus;
  response: Pick<ItemAnswer, "usage"> | null;
  model?: string | undefined;
}

/** Bills each answer once, by its line. */
export class RoundBill {
  readonly bill: Bill;
  readonly #record: BatchRecord;
  readonly #prices: ModelPrices | undefined;
  /** Lines whose answer is in the bill: one that comes twice was paid once. */
  readonly #billed: Set<number>;
  /** Lines that were answered without a word on their tokens: what they cost is not known. */
  readonly #unpriced: Set<number>;
  readonly #charges = new Map<string, ReturnType<typeof chargesOf>>();

  /** `prices`: the job's own. `before`: what an earlier run came to. */
  constructor(
    record: BatchRecord,
    prices?: ModelPrices,
    before: { bill: Bill; billed: number[]; unpriced?: number[] } = { bill: emptyBill(), billed: [] },
  ) {
    this.#record = record;
    this.#prices = prices;
    this.bill = before.bill;
    this.#billed = new Set(before.billed);
    this.#unpriced = new Set(before.unpriced);
  }

  get billed(): number[] {
    return [...this.#billed];
  }

  /** The lines that were answered, and whose tokens neither their result nor the batch's total gives. */
  get unpriced(): number[] {
    return this.#record.usage ? [] : [...this.#unpriced];
  }

  get usage(): Usage {
    return Object.values(this.bill).reduce<Usage>(addUsage, NO_USAGE);
  }

  /** Adds an answer that was paid beside the one that counts: the item was asked again. */
  addPaid({ response, model }: BilledAnswer): void {
    if (response) this.#add(model, response.usage, response.usage.prompt_tokens);
  }

  /** Adds the answer to a line; an outcome without tokens was not billed. */
  add(line: number, { status, response, model }: BilledAnswer): void {
    if (!response || this.#billed.has(line)) return;
    if (response.usage.total_tokens === 0) {
      if (status === "succeeded") this.#unpriced.add(line);
      return;
    }
    this.#unpriced.delete(line);
    this.#billed.add(line);
    this.#add(model, response.usage, response.usage.prompt_tokens);
  }

  /**
   * Adds what is missing to the tokens that the provider reports for the batch as a whole (OpenAI). It is that
   * of answers that were lost from its files.
   */
  close(): void {
    const { usage: reported, request_count } = this.#record;
    const { usage } = this;
    if (!reported || reported.total_tokens <= usage.total_tokens) return;
    this.#add(undefined, difference(reported, usage), reported.prompt_tokens / request_count);
  }

  #add(model: string | undefined, usage: Usage, promptLength: number): void {
    const name = model !== undefined && isModelName(model) ? model : (this.#record.model ?? "");
    let charge = this.#charges.get(name);
    if (!charge) {
      charge = chargesOf(this.#record.provider, name, this.#prices);
      this.#charges.set(name, charge);
    }
    const paid = charge(usage, promptLength);
    addToBill(this.bill, name, this.#record.real_time ? inRealTime(paid) : paid);
  }
}

/** `whole` without `part`; a kind of which `part` has more is 0. */
function difference(whole: Usage, part: Usage): Usage {
  const kinds = Object.entries(whole) as [keyof Usage, number][];
  const rest = kinds.map(([kind, tokens]) => [kind, Math.max(0, tokens - (part[kind] ?? 0))]);
  return { ...NO_USAGE, ...Object.fromEntries(rest) };
}
