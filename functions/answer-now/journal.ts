/**
 * The journal of a real-time round: what it has asked and got, kept as answers come. Its parts are numbered objects. The
 * record has the number of parts, and the attempt that wrote them. A line is named in a part before it is asked. So the run
 * that takes over from a dead one knows which lines may have been asked without an answer. At the end of a run all answers
 * go into one object, which replaces the parts.
 */
import type { JobFile } from "../../shared/objects/job-file.ts";
import { journalKey, wireId } from "../../shared/objects/keys.ts";
import { readText, writeText } from "../../shared/objects/objects.ts";
import type { ObjectStore, Room } from "../../shared/objects/port.ts";
import { objects } from "../../shared/objects/store.ts";
import type { AskedNow, SpentNow } from "../../shared/providers/ask-now.ts";
import type { ItemOutcome } from "../../shared/providers/provider.ts";
import { type BatchRecord, readBatch } from "../../shared/records/batch-record.ts";
import { type AskingEnd, answered, type Kept, kept } from "../../shared/records/lifecycle/real-time.ts";
import { TakenOverError } from "../../shared/records/lifecycle/taken-over.ts";
import { type Answers, noAnswers, takeOutcome } from "../../shared/round/answers.ts";
import { keptAnswers, writeAnswers } from "../../shared/round/kept-answers.ts";
import { type Judge, judgeOf } from "../../shared/round/schema-check.ts";

/** What came of a line, as a part has it. */
interface Entry extends Pick<SpentNow, "paid"> {
  line: number;
  /** Null when it is asked once more. */
  outcome: ItemOutcome | null;
}

/** The journal of one round, as this attempt writes it. */
export class Journal {
  readonly answers: Answers;
  /** Requests so far that may have been billed and have no answer. */
  unknown: number;
  #record: BatchRecord;
  readonly #judge: Judge;
  /** See `ObjectStore`. */
  readonly #gatherMs: number;
  readonly #room: Room | undefined;
  #opened: number[] = [];
  #entries: string[] = [];
  #writing: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(record: BatchRecord, answers: Answers, judge: Judge, store: ObjectStore) {
    this.#record = record;
    this.answers = answers;
    this.#judge = judge;
    this.#gatherMs = store.gatherMs;
    this.#room = store.holdRoom?.();
    this.unknown = record.unknown_requests ?? 0;
  }

  /**
   * Reads what earlier runs have kept. `record`: as this run has taken it over. The caller must close the journal.
   * @throws TakenOverError when another run has taken the round over since; Error of a full disk, before anything is asked
   */
  static async restore(record: BatchRecord, job: Pick<JobFile, "lines" | "spec">): Promise<Journal> {
    const { lines, spec } = job;
    const judge = await judgeOf(spec, record.tries ?? 0);
    const answers = (await keptAnswers(record, lines, spec.prices)) ?? noAnswers(record, lines, spec.prices);
    const journal = new Journal(record, answers, judge, await objects());
    try {
      const { job_id, batch, round, kept_by = 0, kept_parts = 0 } = record;
      const open = new Set<number>();
      for (let part = 1; part <= kept_parts; part++) {
        const text = await readText(journalKey(job_id, batch, round, kept_by, part));
        if (text === null) throw new Error(`part ${part} of the journal of batch ${batch} is missing`);
        const [opened = "[]", ...entries] = text.trimEnd().split("\n");
        const lines = JSON.parse(opened) as number[] | null;
        if (lines === null) open.clear();
        else for (const line of lines) open.add(line);
        for (const text of entries) {
          const entry = JSON.parse(text) as Entry;
          journal.#take(entry);
          if (entry.outcome) open.delete(entry.line);
        }
      }
      // The run that named these lines is dead, and may have asked them.
      journal.unknown += open.size;
      await journal.pause(kept_parts > 0, 2 * record.attempt);
      return journal;
    } catch (error) {
      journal.close();
      throw error;
    }
  }

  /** Whether a line has an answer, or an error that is its end in this round. */
  has(line: number): boolean {
    return this.answers.spool.statusOf(line) !== undefined;
  }

  /** Resolves once it is safe that these lines may be asked. @throws TakenOverError when another run has taken the round over */
  open(lines: readonly number[]): Promise<void> {
    this.#opened.push(...lines);
    return this.#write();
  }

  /** Keeps what came of a line; it is safe a moment later. */
  add(line: number, asked: Pick<AskedNow, "outcome" | "error" | "retryable" | "unknown" | "paid">): void {
    const { retryable, paid } = asked;
    const custom_id = wireId(this.#record.tag, line);
    const none = { custom_id, status: "failed", response: null, raw: "null", retryable } as const;
    const { error } = asked;
    // An outcome's own words leave out why it was not asked again.
    const outcome: ItemOutcome = asked.outcome
      ? { ...asked.outcome, error }
      : { ...none, error: error ?? "no answer" };
    this.#note({ line, outcome, paid }, asked.unknown);
    // The next write that is awaited throws this one's error.
    this.#timer ??= setTimeout(() => void this.#write().catch(() => {}), this.#gatherMs);
  }

  /** Keeps what tries of a line have cost; resolves once it is safe, and the line may be asked once more. @throws as `open` */
  spent(line: number, { paid, unknown }: SpentNow): Promise<void> {
    this.#note({ line, outcome: null, paid }, unknown);
    return this.#write();
  }

  /** Puts all answers into one object for the next run. `changed`: whether there are any that are in none. */
  async pause(changed = true, number = 2 * this.#record.attempt + 1): Promise<void> {
    await this.#settle();
    const { attempt, pauses, kept_by } = this.#record;
    try {
      if (changed) await writeAnswers(this.#record, this.answers, number);
      await this.#keep({ kept_by: attempt, kept_parts: 0, pauses: changed ? number : pauses });
    } catch (error) {
      this.#room?.release();
      // What no part has is smaller. Lines without an answer are not under way any more, or count as unknown.
      if (kept_by === attempt) await this.#writePart(null).catch(() => {});
      throw error;
    }
  }

  /** Ends the round with what it has. @throws TakenOverError as `open` */
  async end(status: AskingEnd["status"], error?: string): Promise<void> {
    await this.pause();
    const { kept_by, kept_parts, pauses, billed, unknown_requests } = this.#record;
    const end = { kept_by, kept_parts, pauses, billed, unknown_requests, status, error };
    if (!(await answered(this.#record, end))) throw new TakenOverError();
  }

  /** Removes what is on the disk. */
  close(): void {
    clearTimeout(this.#timer);
    this.#room?.release();
    this.answers.spool.close();
  }

  #note(entry: Entry, unknown: number): void {
    this.unknown += unknown;
    // First: the spool's disk may be full.
    this.#entries.push(JSON.stringify(entry));
    this.#take(entry);
  }

  #take({ outcome, paid }: Entry): void {
    for (const answer of paid) this.answers.roundBill.addPaid(answer);
    if (outcome) takeOutcome(this.answers, outcome, this.#record.tag, this.#judge);
  }

  async #settle(): Promise<void> {
    clearTimeout(this.#timer);
    await (this.#next ?? this.#writing).catch(() => {});
  }

  /** Writes the next part as soon as the one before is safe. */
  #write(): Promise<void> {
    this.#next ??= this.#writing.then(() => {
      this.#next = undefined;
      this.#writing = this.#writePart();
      return this.#writing;
    });
    return this.#next;
  }

  /** `opened`: the lines that are named; null when no line is under way any more. What cannot be written is in the next part. */
  async #writePart(opened: number[] | null = this.#opened): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { job_id, batch, round, attempt, pauses, kept_parts = 0 } = this.#record;
    const entries = this.#entries;
    this.#opened = [];
    this.#entries = [];
    const part = kept_parts + 1;
    try {
      const text = `${[JSON.stringify(opened), ...entries].join("\n")}\n`;
      await writeText(journalKey(job_id, batch, round, attempt, part), text, "application/jsonl");
      await this.#keep({ kept_by: attempt, kept_parts: part, pauses });
    } catch (error) {
      this.#opened.unshift(...(opened ?? []));
      this.#entries.unshift(...entries);
      throw error;
    }
  }

  async #keep(fields: Pick<Kept, "kept_by" | "kept_parts" | "pauses">): Promise<void> {
    const billed = structuredClone(this.answers.roundBill.bill);
    const money = { billed, unknown_requests: this.unknown || undefined };
    const moved = await kept(this.#record, { ...fields, ...money });
    if (moved) {
      this.#record = moved;
      return;
    }
    const now = await readBatch(this.#record);
    if (!now || now.attempt !== this.#record.attempt || now.asking_at === undefined)
      throw new TakenOverError();
    this.#record = now;
    // The SDK may have sent the write twice: its second copy is refused by the first.
    if (now.kept_parts === fields.kept_parts && now.pauses === fields.pauses) return;
    // A write before this one has arrived, and its answer has not.
    await this.#keep(fields);
  }
}
