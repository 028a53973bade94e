/** The proof in small: 200 seeds of the simulation. `npm run simulate -- --seeds 10000` is the long one. */
import { expect, test } from "vitest";
import { failureText, Totals } from "./report.ts";
import { runSeeds } from "./run-seeds.ts";
import { SABOTAGES, type SabotageName } from "./sabotage.ts";

const LONG = { timeout: 600_000 };
/** Seeds within which a broken world must be noticed. */
const SEEDS_TO_NOTICE = 60;

test("200 seeds: no invariant breaks", LONG, async () => {
  const failures: string[] = [];
  const totals = new Totals();
  await runSeeds({ first: 1, count: 200, workers: 2 }, (report) => {
    totals.add(report);
    if (report.violations.length > 0) failures.push(failureText(report));
  });
  expect(failures.join("\n\n")).toBe("");
  expect(totals.seeds).toBe(200);
  expect(totals.idle, "faults that never struck").toEqual([]);
});

test("the same seeds give the same traces, whatever ran before them", LONG, async () => {
  const traces = async (first: number) => {
    const found = new Map<number, string>();
    await runSeeds({ first, count: 8 - first, workers: 1 }, ({ seed, trace }) => void found.set(seed, trace));
    return found;
  };
  const [all, last] = [await traces(1), await traces(5)];
  for (const [seed, trace] of last) expect(trace, `seed ${seed}`).toBe(all.get(seed));
  expect(new Set(all.values()).size).toBe(7);
});

/** What each sabotage must be noticed by. */
const NOTICED: Record<SabotageName, RegExp> = {
  "forgets the intent": /paid/,
  "ignores conditions": /paid/,
  "skips adoption": /paid/,
  "drops the error file": /sent again after its end was known|without a reason|files left/,
  "ignores the tag": /a wrong answer/,
  "bills the first round only": /a receipt of \d+ tokens/,
  "leaves files": /files left/,
  "sends after a cancel": /sent after the cancel/,
  "lets batches run on": /ran on after the cancel/,
  "never sweeps": /hangs/,
  "loses a kept answer": /sent again after its end was known|answered by the provider, but/,
  "skips the failed lines": /failed\.jsonl has 0 lines/,
};

test.each(Object.keys(SABOTAGES) as SabotageName[])("a world that %s is noticed", LONG, async (sabotage) => {
  const found: string[] = [];
  await runSeeds({ first: 1, count: SEEDS_TO_NOTICE, workers: 2, sabotage }, (report) => {
    found.push(...report.violations);
    return found.some((violation) => NOTICED[sabotage].test(violation)) ? "stop" : undefined;
  });
  expect(
    found.find((violation) => NOTICED[sabotage].test(violation)),
    found.join("\n"),
  ).toBeDefined();
});
