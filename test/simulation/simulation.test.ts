/** The proof in small: 200 seeds of the simulation. `npm run simulate -- --seeds 10000` is the long one. */
import { beforeAll, expect, test } from "vitest";
import { PROVIDER_NAMES } from "../../shared/providers/list.ts";
import { failureText, Totals } from "./report.ts";
import { runSeeds, seedsFrom } from "./run-seeds.ts";
import { SABOTAGES, type SabotageName } from "./sabotage.ts";
import type { Order } from "./worker.ts";

const SABOTAGE_NAMES = Object.keys(SABOTAGES) as SabotageName[];
/** Seeds of the world as it is; the last are run twice. */
const FIRST = 1;
const SEEDS = 200;
const TWICE = 5;
/** More are run while a fault, a grant or a provider has not come up: some come up in one of 100 seeds. */
const MOST_SEEDS = 800;
/** Seeds within which a broken world must be noticed. */
const SEEDS_TO_NOTICE = 60;

/** Grants that no seed needs to use, and where they are used. */
const USED_ELSEWHERE: readonly RegExp[] = [
  // A write that failed: test/unit/shared/objects/.
  /s3:AbortMultipartUpload/,
  // A bucket without versions, and an upload that was deleted meanwhile: test/workflow/input.test.ts.
  /s3:GetObject JobBucket\/inbox/,
  /^(record-failure|sweep-jobs) s3:ListBucket/,
  // test/workflow/recipes.test.ts and not-a-job files of test/workflow/uploads.test.ts.
  /JobBucket\/recipes/,
  /not-a-job/,
  // Real-time rounds: test/workflow/real-time.test.ts.
  /^answer-now /,
  /^finalize-job s3:PutObject JobBucket\/jobs\/\*\/batches/,
  // Rare turns of claims and queues: test/unit/shared/records/.
  /dynamodb:(PutItem|DeleteItem|Query)/,
];

/** What each sabotage must be noticed by. */
const NOTICED: Record<SabotageName, RegExp> = {
  "forgets the intent": /paid/,
  "ignores conditions": /paid|sent after the cancel/,
  "skips adoption": /paid/,
  "never finds late batches": /overtaken, listed in time, and not found/,
  "forgets open lines": /billed \d+ answers \(real_time\)/,
  "drops the error file": /sent again after its end was known|without a reason|files left/,
  "ignores the tag": /a wrong answer/,
  "bills the first round only": /a receipt of \d+ tokens/,
  "leaves files": /files left/,
  "forgets Bedrock's token": /paid/,
  "sends after a cancel": /sent after the cancel/,
  "lets batches run on": /ran on after the cancel/,
  "never sweeps": /hangs/,
  "loses a kept answer": /sent again after its end was known|answered by the provider, but/,
  "skips the failed lines": /failed\.jsonl has 0 lines/,
};

const totals = new Totals();
const failures: string[] = [];
const traces = new Map<number, string[]>();
/** What was found in each broken world. */
const found = new Map<SabotageName, string[]>(SABOTAGE_NAMES.map((name) => [name, []]));
const isNoticed = (name: SabotageName) => found.get(name)?.some((violation) => NOTICED[name].test(violation));

const unusedGrants = () =>
  totals.unused.filter((grant) => !USED_ELSEWHERE.some((known) => known.test(grant)));
const isComplete = () => totals.idle.length === 0 && unusedGrants().length === 0;

/** All that is run. A broken world that was noticed is left. */
function* orders(): Generator<Order> {
  yield* seedsFrom(FIRST, SEEDS);
  for (let more = SEEDS; more < MOST_SEEDS && !isComplete(); more++) yield* seedsFrom(FIRST + more, 1);
  for (const sabotage of SABOTAGE_NAMES)
    for (let seed = 1; seed <= SEEDS_TO_NOTICE && !isNoticed(sabotage); seed++) yield { seed, sabotage };
  yield* seedsFrom(FIRST + SEEDS - TWICE, TWICE);
}

// One set of processes for everything: their start is dear.
beforeAll(async () => {
  await runSeeds(orders(), 2, (report, { sabotage }) => {
    if (sabotage) return found.get(sabotage)?.push(...report.violations);
    traces.set(report.seed, [...(traces.get(report.seed) ?? []), report.trace]);
    if (traces.get(report.seed)?.length === 2) return;
    totals.add(report);
    if (report.violations.length > 0) failures.push(failureText(report));
  });
}, 600_000);

test(`${SEEDS} seeds: no invariant breaks`, () => {
  expect(failures.join("\n\n")).toBe("");
  expect(totals.seeds).toBeGreaterThanOrEqual(SEEDS);
  expect(totals.idle, "what never happened").toEqual([]);
});

test("every provider of the list is drawn", () => {
  expect(
    PROVIDER_NAMES.filter((name) => !totals.outcomes.some((outcome) => outcome.startsWith(`${name} `))),
  ).toEqual([]);
});

test("every grant of a Lambda is used, or said to be used elsewhere", () => {
  expect(unusedGrants()).toEqual([]);
});

test("the same seeds give the same traces, whatever ran before them", () => {
  const twice = [...traces.values()].filter((found) => found.length === 2);
  expect(twice).toHaveLength(TWICE);
  for (const [first, second] of twice) expect(second).toBe(first);
  expect(new Set([...traces.values()].flat()).size).toBe(SEEDS);
});

test.each(SABOTAGE_NAMES)("a world that %s is noticed", (sabotage) => {
  expect(isNoticed(sabotage), found.get(sabotage)?.join("\n")).toBe(true);
});
