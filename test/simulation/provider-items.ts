/** What becomes of single requests at a simulated provider, and what it bills for them. */
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

/** The end of one request at the provider. `unrun`: the batch ended before. */
export type Outcome = "answered" | "refused" | "odd" | "absurd" | "overloaded" | "rejected" | "unrun";

/** A request as it was sent. */
export interface SentItem {
  custom_id: string;
  /** The user's message; unique in a simulation: it tells the line of the job. */
  message: string;
  /** Its body, for a provider that repeats it. */
  body?: Record<string, unknown>;
}

/** One request of one provider batch. */
export interface SimulatedItem extends SentItem {
  outcome: Outcome | null;
  /** Whether its result line can be read by whoever downloads the results. */
  delivered: boolean;
}

/** An item, and where it was asked: a batch's id, or `REAL_TIME`. */
export type AskedItem = SimulatedItem & { batch: string };

/** Where an item was asked that was in no batch. */
export const REAL_TIME = "real time";

/** Outcomes that the provider bills. */
const BILLED: ReadonlySet<Outcome> = new Set(["answered", "refused", "odd", "absurd"]);

/** What a seed's provider makes of requests. */
export class ItemFates {
  /** All requests with the same message, in the order in which they ended. */
  readonly history = new Map<string, AskedItem[]>();
  readonly #bad = new Set<string>();
  readonly #world: World;
  readonly #random: Random;

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  /** Whether the provider's validation refuses this request, now and always. */
  isInvalid(message: string): boolean {
    if (!this.#bad.has(message) && this.#world.faults.strikes("lines invalid")) this.#bad.add(message);
    return this.#bad.has(message);
  }

  /** Makes requests such that the validation refuses from now on; but once: a job gives up after many refusals. */
  spoil(messages: readonly string[]): void {
    if (this.#bad.size === 0) for (const message of messages) this.#bad.add(message);
  }

  /** Requests because of which a create is refused. */
  readonly refused = new Map<string, boolean>();

  /** The place (from 0) of the first request because of which the provider refuses the whole create; -1: none. */
  refusedIn(messages: string[]): number {
    for (const message of messages) {
      if (!this.refused.has(message)) this.refused.set(message, this.#world.faults.strikes("create refused"));
    }
    return messages.findIndex((message) => this.refused.get(message));
  }

  /** Runs a request. */
  run(item: SimulatedItem, invalid: boolean): void {
    item.outcome = invalid ? "rejected" : this.#outcome(item.message);
  }

  /** Writes down how a request ended, once its results are published. */
  settle(item: SimulatedItem, batch: string): AskedItem {
    const settled = { ...item, batch };
    this.history.set(item.message, [...(this.history.get(item.message) ?? []), settled]);
    return settled;
  }

  #outcome(message: string): Outcome {
    const { faults } = this.#world;
    // What is refused for good stays so.
    const last = this.history.get(message)?.at(-1)?.outcome;
    if (last === "rejected" || last === "refused") return last;
    if (faults.strikes("items fail for good")) return "rejected";
    if (faults.strikes("items refused")) return "refused";
    if (faults.strikes("items fail for now")) return "overloaded";
    if (faults.strikes("answers odd")) return "odd";
    if (faults.strikes("answers absurd")) return "absurd";
    return "answered";
  }

  /** A result file's lines as they reach the client: in any order, some of them missing, broken or doubled. */
  mangle(lines: { item: SimulatedItem; text: string }[], foreign: (random: Random) => string): string[] {
    const { faults } = this.#world;
    const file: string[] = [];
    for (const { item, text } of lines) {
      item.delivered = true;
      if (faults.strikes("lines missing")) {
        item.delivered = false;
        continue;
      }
      if (faults.strikes("lines malformed")) {
        item.delivered = false;
        file.push(text.slice(0, this.#random.int(1, text.length - 1)));
        continue;
      }
      file.push(text);
      if (faults.strikes("lines doubled")) file.push(text);
      if (faults.strikes("lines foreign")) file.push(foreign(this.#random));
    }
    return this.#random.shuffled(file);
  }
}

/** Whether the provider asks money for this end of a request. */
export function isBilled(item: SimulatedItem): boolean {
  return item.outcome !== null && BILLED.has(item.outcome);
}
