/**
 * `npm run simulate -- --seeds 10000 [--first 1] [--workers 2]` runs many seeds;
 * `npm run simulate -- --seed 7` runs one and prints what happened. Exit code 1 when an invariant broke.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { failureText, progressText, Totals } from "./report.ts";
import { runSeed } from "./run-seed.ts";
import { runSeeds, seedsFrom } from "./run-seeds.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    seeds: { type: "string", default: "200" },
    first: { type: "string", default: "1" },
    workers: { type: "string", default: String(Math.min(availableParallelism(), 8)) },
  },
});

if (values.seed === undefined) {
  const totals = new Totals();
  const count = Number(values.seeds);
  const began = Date.now();
  await runSeeds(seedsFrom(Number(values.first), count), Number(values.workers), (report) => {
    totals.add(report);
    if (report.violations.length > 0) console.log(failureText(report));
    if (totals.seeds % 100 === 0) console.error(progressText(totals, count, (Date.now() - began) / 1000));
  });
  console.log(totals.table());
  process.exitCode = totals.failed > 0 ? 1 : 0;
} else {
  const report = await runSeed(Number(values.seed), { verbose: true });
  console.log(report.lines.join("\n"));
  const { lines: _, ...rest } = report;
  console.log(report.violations.length > 0 ? failureText(report) : JSON.stringify(rest, null, 2));
  process.exitCode = report.violations.length > 0 ? 1 : 0;
}
