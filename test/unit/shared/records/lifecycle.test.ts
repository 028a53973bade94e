import { describe, expect, test } from "vitest";
import { NO_COUNTS } from "../../../../shared/money/sums.ts";
import type { ProviderBatch } from "../../../../shared/providers/provider.ts";
import { type BatchRecord, readBatch } from "../../../../shared/records/batch-record.ts";
import * as atProvider from "../../../../shared/records/lifecycle/at-provider.ts";
import * as phasesOfRound from "../../../../shared/records/lifecycle/phases.ts";
import * as realTime from "../../../../shared/records/lifecycle/real-time.ts";
import * as sending from "../../../../shared/records/lifecycle/sending.ts";
import * as troubles from "../../../../shared/records/lifecycle/trouble.ts";
import { startLocalData } from "../../../harness/local-data.ts";
import { recordOf } from "../../../harness/record.ts";

await startLocalData();

const lifecycle = { ...phasesOfRound, ...sending, ...atProvider, ...realTime, ...troubles };
const { begin, phaseOf, TRANSITIONS } = lifecycle;
type Phase = phasesOfRound.Phase;
type Transition = keyof typeof TRANSITIONS;

const NOW = 1000;
const counts = { ...NO_COUNTS, succeeded: 1 };
const batch: ProviderBatch = {
  id: "batch_1",
  status: "completed",
  created_at: NOW,
  request_count: 1,
  counts,
  error: null,
  times: { completed: NOW },
  raw: { id: "batch_1" },
};
const trouble = { message: "busy", at: NOW };
const wait = { reached_at: NOW, next_poll_at: undefined };
const end = {
  ...{ error: undefined, counts, billed: {}, usage: undefined, rows_bytes: 1, unanswered_count: 0 },
  ...{ items_left: 0, next_quote: undefined, deferred: 0, tries: 1 },
};

/** Each transition as a caller makes it with the record that it has read. */
const MOVES: Record<Transition, (found: BatchRecord) => Promise<BatchRecord | null>> = {
  takeOver: (found) => lifecycle.takeOver(found, NOW),
  waiting: (found) => lifecycle.waiting(found, "room", NOW),
  aboutToCreate: (found) =>
    lifecycle.aboutToCreate(found, { creating_at: NOW, undecided_until: NOW, upload_id: "file_1" }),
  createRejected: (found) => lifecycle.createRejected(found, "no such model"),
  createLost: (found) => lifecycle.createLost(found, NOW, trouble),
  createAbandoned: (found) => lifecycle.createAbandoned(found, trouble),
  passedOver: (found) => lifecycle.passedOver(found, ["theirs"]),
  joined: (found) => lifecycle.joined(found, batch, { now: NOW, next_poll_at: NOW, unproved: false }),
  endedUnsent: (found) => lifecycle.endedUnsent(found, { status: "cancelled", error: "cancelled" }),
  polled: (found) => lifecycle.polled(found, batch, wait),
  rejectedForCapacity: (found) => lifecycle.rejectedForCapacity(found, "room", NOW),
  rejectedForAccount: (found) => lifecycle.rejectedForAccount(found),
  proved: (found) => lifecycle.proved(found),
  disowned: (found) => lifecycle.disowned(found, 0),
  reopened: (found) => lifecycle.reopened(found, "lines"),
  paused: (found) => lifecycle.paused(found, (found.pauses ?? 0) + 1),
  collected: (found) => lifecycle.collected(found, end),
  filesDeleted: (found) => lifecycle.filesDeleted(found),
  turned: (found) => lifecycle.turned(found, NOW),
  overtaken: (found) => lifecycle.overtaken(found, NOW),
  asking: (found) => lifecycle.asking(found, NOW),
  kept: (found) => lifecycle.kept(found, { kept_by: 2, kept_parts: (found.kept_parts ?? 0) + 1 }),
  answered: (found) => lifecycle.answered(found, { status: "completed", error: undefined }),
  lateFound: (found) => lifecycle.lateFound(found, "batch_2"),
  lateSeen: (found) => lifecycle.lateSeen(found),
  lateSettled: (found) => lifecycle.lateSettled(found, { late: "billed", billed: {} }),
};

/** What is on the record in each phase, as the transitions before it have left it. */
const PHASES: Record<Phase, Partial<BatchRecord>> = {
  planned: { status: "pending", provider_batch_id: undefined },
  creating: { status: "pending", provider_batch_id: undefined, creating_at: 900, undecided_until: 990 },
  at_provider: { status: "in_progress", creating_at: 900, unproved: true },
  asking: { status: "in_progress", provider_batch_id: undefined, real_time: true, asking_at: 900 },
  ended: { status: "completed", creating_at: 900, unproved: true },
  collected: { status: "completed", creating_at: 900, unproved: true, collected: true },
};
const phases = Object.keys(PHASES) as Phase[];
const transitions = Object.keys(TRANSITIONS) as Transition[];
const pairs = transitions.flatMap((name) => phases.map((phase) => [name, phase] as const));
const startsIn = (name: Transition): readonly Phase[] => TRANSITIONS[name].from;

let serial = 0;

/** A record in a phase, in the table. */
async function inPhase(phase: Phase, more: Partial<BatchRecord> = {}): Promise<BatchRecord> {
  const record = recordOf({ job_id: `life-${++serial}`, ...PHASES[phase], ...more });
  expect(phaseOf(record)).toBe(phase);
  await begin(record);
  return record;
}

test("every way to write a record that has begun is in the table", () => {
  const writes = Object.entries(lifecycle)
    .filter(([, value]) => typeof value === "function")
    .map(([name]) => name)
    .filter((name) => !["begin", "handedOn", "phaseOf", "troubled", "stopped"].includes(name));
  expect(writes.sort()).toEqual([...transitions].sort());
});

describe.each(pairs)("%s in phase %s", (name, phase) => {
  const allowed = startsIn(name).includes(phase);
  const move = MOVES[name];

  if (allowed)
    test("leads where the diagram says, and returns what it wrote", async () => {
      const found = await inPhase(phase);
      const moved = await move(found);
      if (!moved) throw new Error("refused");
      const to = TRANSITIONS[name].to;
      expect(phaseOf(moved)).toBe(name === "polled" ? "ended" : (to ?? phase));
      // The table drops what is absent.
      expect(await readBatch(found)).toEqual(JSON.parse(JSON.stringify(moved)));
    });
  else
    test("is refused, and writes nothing", async () => {
      const found = await inPhase(phase);
      expect(await move(found)).toBeNull();
      expect(await readBatch(found)).toEqual(JSON.parse(JSON.stringify(found)));
    });

  test.each(startsIn(name).filter((from) => from !== phase))(
    "is refused when its caller last read %s",
    async (from) => {
      // Repeating its own write is the one thing that `aboutToCreate` may do.
      if (name === "aboutToCreate" && allowed) return;
      const now = await inPhase(phase);
      const stale = { ...recordOf({ job_id: now.job_id, ...PHASES[from] }) };
      expect(await move(stale)).toBeNull();
      expect(await readBatch(now)).toEqual(JSON.parse(JSON.stringify(now)));
    },
  );
});

test.each(transitions)("%s is refused to a run whose round was taken over", async (name) => {
  const from = startsIn(name)[0] ?? "planned";
  const now = await inPhase(from, { attempt: 2 });
  expect(await MOVES[name]({ ...now, attempt: 1 })).toBeNull();
  expect(await readBatch(now)).toMatchObject({ attempt: 2 });
});

test.each(transitions)("of two concurrent runs that both do %s, the record is one's", async (name) => {
  const found = await inPhase(startsIn(name)[0] ?? "planned");
  const moved = await Promise.all([MOVES[name](found), MOVES[name](found)]);
  // Those that raise the fence or leave the phase must have one winner; the others write the same twice.
  const { from, to }: { from: readonly Phase[]; to: Phase | null } = TRANSITIONS[name];
  const raising: Transition[] = ["takeOver", "polled", "paused", "turned", "asking", "kept", "lateSettled"];
  const once = raising.includes(name) || (to !== null && !from.includes(to));
  if (once) expect(moved.filter(Boolean)).toHaveLength(1);
  else expect(moved.filter(Boolean).length).toBeGreaterThan(0);
});

test("what a provider batch left on the record goes with it", async () => {
  const kept = {
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
    counts,
    raw: { id: "batch_1" },
  };
  const more = {
    ...kept,
    submitted_at: 950,
    pauses: 2,
    provider_ended_at: 990,
    error: "stopped",
    upload_id: "file_1",
  };
  const again = await lifecycle.rejectedForCapacity(await inPhase("at_provider", more), "room", NOW);
  const back = await lifecycle.disowned(await inPhase("ended", more), 0);
  for (const record of [again, back]) {
    expect(record).toMatchObject({ status: "pending", raw: null, disowned: ["batch_1"] });
    for (const name of [
      "provider_batch_id",
      "unproved",
      "submitted_at",
      "provider_ended_at",
      "counts",
      "usage",
    ])
      expect(record).toHaveProperty(name, undefined);
    expect(record).toMatchObject({ pauses: undefined, error: undefined });
  }
  // Its own create may still have made a batch: that is looked for.
  expect(back).toMatchObject({ creating_at: 900, upload_id: "file_1" });
  expect(again).toMatchObject({ creating_at: undefined, upload_id: undefined });
});

test("a round hands on its items, their quote and the tries, and nothing else", () => {
  const quote = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2, cost_usd: 1, real_time_usd: 2 };
  const round = recordOf({
    job_id: "next",
    items_left: 3,
    next_quote: quote,
    tries: 2,
    error: "x",
    disowned: ["b"],
  });
  expect(lifecycle.handedOn(round)).toEqual({ request_count: 3, quote, tries: 2 });
});

test("once a batch has made way, all later rounds are asked in real time, and know what was left behind", async () => {
  const left = await lifecycle.overtaken(await inPhase("at_provider", { round: 2, items_left: 3 }), NOW);
  if (!left) throw new Error("refused");
  expect(left).toMatchObject({ status: "expired", turning_at: NOW, overtaken_at: NOW, attempt: 2 });
  // Its late answers are looked for under its own id.
  expect(left.provider_batch_id).toBe("batch_1");
  expect(lifecycle.handedOn(left)).toMatchObject({ real_time: true, turning_at: NOW, late_round: 2 });
  const next = recordOf({ job_id: "next", round: 3, turning_at: NOW, late_round: 2, real_time: true });
  expect(lifecycle.handedOn(next)).toMatchObject({ real_time: true, turning_at: NOW, late_round: 2 });
});

test("what is asked in real time is quoted at its price", async () => {
  const quote = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2, cost_usd: 1, real_time_usd: 2 };
  expect(await lifecycle.turned(await inPhase("planned", { quote }), NOW)).toMatchObject({
    quote: { cost_usd: 2, real_time_usd: 2 },
    real_time: true,
  });
});

test("the last word on an overtaken batch is written once", async () => {
  const found = await inPhase("collected", { overtaken_at: NOW });
  expect(await lifecycle.lateSettled(found, { late: "billed", billed: {} })).toMatchObject({
    late: "billed",
  });
  expect(await lifecycle.lateSettled(found, { late: "left" })).toBeNull();
  expect(await lifecycle.lateSeen(found)).toBeNull();
});

test("refusals in a row are handed on, and begin anew after a round that was not refused", () => {
  const more = { job_id: "next", items_left: 3, tries: 0, refusals: 2, refusals_ever: 5 };
  expect(lifecycle.handedOn(recordOf({ ...more, refused: true }))).toMatchObject({
    refusals: 2,
    refusals_ever: 5,
  });
  expect(lifecycle.handedOn(recordOf(more))).toMatchObject({ refusals: 0, refusals_ever: 5 });
});

test("trouble is written until the round is collected; why a batch stopped, always", async () => {
  for (const phase of phases) {
    const found = await inPhase(phase);
    expect(await lifecycle.troubled(found, trouble)).toBe(phase !== "collected");
    expect(await lifecycle.stopped(found, "the key was refused")).toBe(true);
    expect(await readBatch(found)).toMatchObject({ error: "the key was refused" });
  }
  expect(await lifecycle.stopped({ job_id: "never", batch: 1, round: 1 }, "x")).toBe(false);
});

test("why a batch stopped is gone when it resumes", async () => {
  const error = "the key was refused";
  expect(await lifecycle.takeOver(await inPhase("planned", { error }), NOW)).toHaveProperty(
    "error",
    undefined,
  );
  expect(await lifecycle.waiting(await inPhase("creating", { error }), "room", NOW)).toHaveProperty(
    "error",
    undefined,
  );
  expect(await lifecycle.polled(await inPhase("at_provider", { error }), batch, wait)).toHaveProperty(
    "error",
    undefined,
  );
});
