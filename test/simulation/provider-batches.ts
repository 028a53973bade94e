/** The batches of a simulated provider, over time. What differs between providers is in `*-api.ts`. */
import type { ValidationError } from "../../local/sandbox/batch.ts";
import {
  type AskedItem,
  type ItemFates,
  REAL_TIME,
  type SentItem,
  type SimulatedItem,
} from "./provider-items.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

/** How a batch ended. */
export type Ending = "completed" | "failed" | "expired" | "cancelled";

/** A batch at the provider. Times in Unix ms. */
export interface SimulatedBatch {
  id: string;
  created: number;
  /** The API key with which it was made. */
  key: string;
  /** When the run began that made it. */
  senderBegan: number;
  /** From then on it is in the list. */
  listed: number;
  items: SimulatedItem[];
  state: "validating" | "in_progress" | "finalizing" | "cancelling" | Ending;
  ended: number | null;
  cancelled: number | null;
  /** Why it failed; without a line (from 1): as a whole. */
  problems: ValidationError[];
  /** Whether its failure was the provider's own, and counts as a try. */
  tried: boolean;
  /** What it takes in the provider's queue. */
  tokens: number;
  /** Unix ms: until then its files are not shown. */
  filesAt: number;
  /** Unix ms: until then its results lack lines. */
  linesAt: number;
  /** The provider's own: metadata, files. */
  fields: Record<string, unknown>;
}

/** Whether a batch is another user's. */
export function isForeign(batch: SimulatedBatch): boolean {
  return batch.items[0]?.custom_id.startsWith("theirs") ?? false;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Most providers give a batch 24 hours. In most seeds it expires sooner: a day of polls is most of what a seed costs. */
const LIFETIMES = [4 * HOUR, HOUR, HOUR];
/** The longest a new batch may be missing from the list, in ms: below `CREATE_SETTLE_SECONDS`. */
const LATE_LISTING = 50_000;

/** The longest that files and lines are late, in ms: below what is waited for at the shortest `min_poll_seconds`, 5. */
const LATE_FILES = 250_000;
const LATE_LINES = 30_000;

/** How the batches of one provider differ from those of others. */
export interface Traits {
  /** Whether a new batch waits for a validation. */
  validates: boolean;
  /** Whether the validation names bad requests, and fails their batch; elsewhere each gets an error of its own. */
  namesLines?: boolean;
  /** How it says that a batch failed because of the account, or by the provider's own fault; absent: it cannot. */
  failures: { account?: string; passing?: string };
  /** Whether it limits the tokens that wait. */
  queuesTokens: boolean;
  /** Whether a batch that does not complete gives nothing, and costs nothing. */
  allOrNothing?: boolean;
  /** Whether results may come later than the end that they belong to. */
  lateParts: boolean;
  /** Hours until a batch expires; null: it never does. */
  lifetimeHours: number | null;
}

/** All batches of one provider. */
export class SimulatedBatches {
  readonly all: SimulatedBatch[] = [];
  readonly fates: ItemFates;
  /** Told of each batch that ends. */
  onEnd: (batch: SimulatedBatch) => void = () => {};
  readonly #world: World;
  readonly #random: Random;
  readonly #traits: Traits;
  readonly #publish: (batch: SimulatedBatch) => void;
  /** Tokens that may wait at once, as a multiple of the largest batch made so far; null for no limit. */
  readonly #room: number | null;
  readonly #lifetime: number;
  #largest = 0;

  constructor(
    world: World,
    random: Random,
    fates: ItemFates,
    traits: Traits,
    publish: (batch: SimulatedBatch) => void,
  ) {
    this.#world = world;
    this.#random = random;
    this.#traits = traits;
    // Batches that wait for one another take days of polls together: there none is long.
    const [longest = 0] = LIFETIMES;
    const full = world.faults.has("queue full") ? longest : (traits.lifetimeHours ?? 24) * HOUR;
    this.#lifetime = random.pick([full, ...LIFETIMES]);
    this.fates = fates;
    this.#publish = publish;
    this.#room = traits.queuesTokens && world.faults.has("queue full") ? random.pick([0.7, 1, 1.5, 3]) : null;
  }

  /** Makes a batch, and lets it live. `tokens`: what it takes in the queue, where there is one. */
  create(
    id: string,
    key: string,
    requests: SentItem[],
    fields: Record<string, unknown>,
    tokens = 0,
  ): SimulatedBatch {
    const world = this.#world;
    const created = world.time.now;
    const batch: SimulatedBatch = {
      id,
      key,
      created,
      senderBegan: world.runs.getStore()?.began ?? created,
      listed:
        created + (world.faults.strikes("provider lists late", 0.3) ? this.#random.int(0, LATE_LISTING) : 0),
      items: requests.map((request) => ({ ...request, outcome: null, delivered: false })),
      state: this.#traits.validates ? "validating" : "in_progress",
      ended: null,
      cancelled: null,
      problems: [],
      tried: true,
      tokens,
      filesAt: 0,
      linesAt: 0,
      fields,
    };
    this.all.push(batch);
    void this.#live(batch);
    return batch;
  }

  /** Answers one request in real time. */
  askNow(message: string): AskedItem {
    this.#world.faults.count("asked in real time");
    const item: SimulatedItem = { custom_id: "", message, outcome: null, delivered: false };
    this.fates.run(item, this.fates.isInvalid(message) || this.fates.refused.get(message) === true);
    return this.fates.settle(item, REAL_TIME);
  }

  /** Asks for a batch's end. False when it has ended. */
  cancel(batch: SimulatedBatch): boolean {
    if (batch.ended !== null) return false;
    batch.state = "cancelling";
    batch.cancelled ??= this.#world.time.now;
    return true;
  }

  get(id: string, key: string): SimulatedBatch | undefined {
    return this.all.find((batch) => batch.id === id && batch.key === key);
  }

  /** A key's batches, newest first, as both providers list them. */
  listed(key: string): SimulatedBatch[] {
    return this.all.filter((batch) => batch.key === key && batch.listed <= this.#world.time.now).reverse();
  }

  async #live(batch: SimulatedBatch): Promise<void> {
    const { time, faults } = this.#world;
    if (this.#traits.validates) {
      await time.sleep(this.#random.int(1, 90) * 1000);
      this.#validate(batch);
      if (batch.problems.length > 0) return this.#end(batch, "failed", 0);
      if (batch.state === "validating") batch.state = "in_progress";
    }
    const expires = this.#traits.lifetimeHours !== null && faults.strikes("batch expired", 0.3);
    const length = expires
      ? this.#lifetime - (time.now - batch.created)
      : Math.min(this.#lifetime, this.#length());
    const cancelled = await this.#runs(batch, length);
    if (cancelled) return this.#end(batch, "cancelled", this.#random.fraction());
    if (expires) return this.#end(batch, "expired", this.#random.fraction());
    if (this.#traits.validates) batch.state = "finalizing";
    await time.sleep(this.#random.int(1, 60) * 1000);
    this.#end(batch, "completed", 1);
  }

  /** Finds what is wrong with a batch. */
  #validate(batch: SimulatedBatch): void {
    const { faults } = this.#world;
    const { namesLines, failures } = this.#traits;
    const limit = this.#exceeded(batch);
    if (limit !== null) {
      const message = `Enqueued token limit reached for gpt-sim in organization org-x. Limit: ${limit.toLocaleString("en-US")} enqueued tokens. Please try again once some in_progress batches have been completed.`;
      batch.problems.push({ code: "token_limit_exceeded", line: null, message, param: null });
    }
    if (typeof batch.fields.problem === "string")
      batch.problems.push({ ...problem("ValidationException", null), message: batch.fields.problem });
    if (namesLines && batch.problems.length === 0) {
      const oneNamed = faults.strikes("one line named", 0.3);
      if (oneNamed) this.fates.spoil(batch.items.slice(0, 2).map(({ message }) => message));
      for (const [at, { message }] of batch.items.entries())
        if (this.fates.isInvalid(message)) batch.problems.push(problem("invalid_request", at + 1));
      if (oneNamed) batch.problems.splice(1);
    }
    if (batch.problems.length > 0) {
      batch.tried = false;
    } else if (failures.account !== undefined && faults.strikes("account refused", 0.3)) {
      batch.problems.push(problem(failures.account, null));
      batch.tried = false;
    } else if (failures.passing !== undefined && faults.strikes("batch failed", 0.3)) {
      batch.problems.push(problem(failures.passing, null));
    }
  }

  /** The tokens that may wait, when a batch finds no room for its own. The limit is fixed when the first batch comes. */
  #exceeded(batch: SimulatedBatch): number | null {
    if (this.#room === null) return null;
    const single = Math.max(...this.all.map(({ tokens, items }) => Math.ceil((tokens / items.length) * 2)));
    this.#largest ||= Math.max(...this.all.map(({ tokens }) => tokens));
    const limit = Math.max(single, Math.ceil(this.#largest * this.#room));
    const waiting = this.all.filter(
      (other) =>
        other !== batch && other.key === batch.key && other.ended === null && other.state !== "validating",
    );
    if (waiting.reduce((sum, { tokens }) => sum + tokens, batch.tokens) <= limit) return null;
    this.#world.faults.count("queue full");
    return limit;
  }

  /** Lets a batch run for `length` ms, or until some minutes after somebody cancels it: true then. */
  async #runs(batch: SimulatedBatch, length: number): Promise<boolean> {
    const { time } = this.#world;
    const end = time.now + length;
    while (time.now < end) {
      await time.sleep(Math.min(end - time.now, 20_000 + length / 50));
      if (batch.state === "cancelling") {
        const hours = this.#world.faults.strikes("cancel takes hours", 0.5) ? this.#random.int(4, 7) : 0;
        await time.sleep(hours * HOUR + this.#random.int(1, 10) * MINUTE);
        return true;
      }
    }
    return false;
  }

  /** Late files are waited for longer than late lines, which are downloaded each time. */
  #delayParts(batch: SimulatedBatch, ended: number): void {
    const { faults } = this.#world;
    if (faults.strikes("files late", 0.5)) batch.filesAt = ended + this.#random.int(1, LATE_FILES);
    else if (faults.strikes("lines late", 0.5)) batch.linesAt = ended + this.#random.int(1, LATE_LINES);
  }

  #length(): number {
    return this.#random.weighted([
      [16, this.#random.int(1000, 5 * MINUTE)],
      [7, this.#random.int(5 * MINUTE, 2 * HOUR)],
      [1, this.#random.int(2 * HOUR, 23 * HOUR)],
    ]);
  }

  /** Ends a batch; `share` of its requests were run by then. */
  #end(batch: SimulatedBatch, ending: Ending, share: number): void {
    const nothing = this.#traits.allOrNothing && ending !== "completed";
    const ran = nothing ? 0 : Math.floor(batch.items.length * share);
    batch.items.forEach((item, at) => {
      if (batch.problems.some(({ line }) => line === at + 1))
        Object.assign(item, { outcome: "rejected", delivered: true });
      else if (at < ran) this.fates.run(item, !this.#traits.namesLines && this.fates.isInvalid(item.message));
      else item.outcome = "unrun";
    });
    batch.state = ending;
    batch.ended = this.#world.time.now;
    if (ending !== "failed" && !nothing) {
      if (this.#traits.lateParts) this.#delayParts(batch, batch.ended);
      this.#publish(batch);
    }
    // A batch that was refused as a whole is no try of its requests.
    for (const item of batch.items) if (batch.tried || item.delivered) this.fates.settle(item, batch.id);
    this.onEnd(batch);
    this.#world.note(`provider: ${batch.id} ${ending}, ${ran} of ${batch.items.length} ran`);
  }
}

function problem(code: string, line: number | null): ValidationError {
  return { code, line, message: line === null ? code : "simulated", param: null };
}
