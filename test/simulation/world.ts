/** What one simulation shares: its time, its chance, its faults, and the trace of all that happened. */
import { AsyncLocalStorage } from "node:async_hooks";
import { createHash } from "node:crypto";
import { Faults } from "./faults.ts";
import { Random } from "./random.ts";
import { VirtualTime } from "./virtual-time.ts";

/** One run of a Lambda. A dead one waits forever at its next call: it does nothing any more. */
export interface Run {
  id: number;
  lambda: string;
  /** Unix milliseconds. */
  began: number;
  dead: boolean;
  /** Milliseconds that its clock is off. */
  skew: number;
  /** Ends it; the state machine sees this error. */
  die(error: string): void;
  /** The state machine gives it up and sees this error, but it goes on. */
  detach(error: string): void;
}

/** Unix milliseconds at which every simulation begins. */
const START = Date.UTC(2026, 10, 1);

/** Characters of the trace that are gathered before they are hashed. */
const HASHED_AT_ONCE = 16_384;

let worlds = 0;

/** The run that whatever runs now belongs to. One for all worlds: each that there ever was makes every change of it dearer. */
const runs = new AsyncLocalStorage<Run>();

/** The world of one seed. */
export class World {
  readonly seed: number;
  /** Of this world among all of the process, which keeps some of what it read by its name. */
  readonly number = ++worlds;
  readonly time = new VirtualTime(START);
  /** Unix milliseconds at which it began. */
  readonly started = START;
  readonly faults: Faults;
  /** Whether the providers' addresses lead elsewhere. */
  misled = false;
  /** Filled when `verbose`: one line for everything that happened. */
  readonly lines: string[] = [];
  readonly runs = runs;
  readonly #latency: Random;
  readonly #hash = createHash("sha256");
  #unhashed = "";
  readonly #verbose: boolean;
  /** How many things have happened: nearly all are calls. */
  events = 0;

  constructor(seed: number, verbose = false) {
    this.seed = seed;
    this.#verbose = verbose;
    this.faults = new Faults(new Random(seed, "faults"));
    this.#latency = new Random(seed, "latency");
    this.time.skew = () => this.runs.getStore()?.skew ?? 0;
    this.time.watch = () => {
      const run = this.runs.getStore();
      return () => run?.dead ?? false;
    };
  }

  /** Writes down that something happened. */
  note(what: string): void {
    this.events++;
    const run = this.runs.getStore();
    const line = `${((this.time.now - START) / 1000).toFixed(3)} ${run ? `${run.lambda}#${run.id}` : "-"} ${what}`;
    this.#unhashed += `${line}\n`;
    if (this.#unhashed.length > HASHED_AT_ONCE) this.#hashLines();
    if (this.#verbose) this.lines.push(line);
  }

  /** A digest of everything that has happened: the same seed gives the same. */
  get trace(): string {
    this.#hashLines();
    return this.#hash.copy().digest("hex");
  }

  #hashLines(): void {
    this.#hash.update(this.#unhashed);
    this.#unhashed = "";
  }

  /** Milliseconds until a call arrives, or its answer: mostly short, now and then not. */
  latency(): number {
    return this.#latency.chance(0.05) ? this.#latency.int(200, 4000) : this.#latency.int(1, 60);
  }

  /** A number of milliseconds between two, for what takes long. */
  between(low: number, high: number): number {
    return this.#latency.int(low, high);
  }
}

/** What a dead run waits for. */
export function never(): Promise<never> {
  return new Promise(() => {});
}
