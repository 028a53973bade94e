/** Runs seeds of the simulation. Exit code 1: an invariant broke; 2: the command line is wrong. */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { failureText, progressText, Totals } from "./report.ts";
import { runSeed } from "./run-seed.ts";
import { runSeeds, seedsFrom } from "./run-seeds.ts";

const USAGE =
  "Usage: npm run simulate -- [--seeds 200] [--first 1] [--workers N] for many seeds, or --seed N for one, with all that happened";

const WORKERS = String(Math.min(availableParallelism(), 8));

/** The options; an error ends the process with the usage. */
function options() {
  try {
    const { values } = parseArgs({
      options: {
        seed: { type: "string" },
        seeds: { type: "string", default: "200" },
        first: { type: "string", default: "1" },
        workers: { type: "string", default: WORKERS },
        help: { type: "boolean", short: "h" },
      },
    });
    const { help = false, ...texts } = values;
    const numbers = Object.entries(texts).map(([name, text]) => [name, wholeNumber(name, text)]);
    return { help, ...(Object.fromEntries(numbers) as Record<keyof typeof texts, number>) };
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    process.exit(2);
  }
}

function wholeNumber(name: string, text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new Error(`--${name} ${text}: it must be a whole number from 1`);
}

async function runOne(seed: number): Promise<boolean> {
  const { lines, ...report } = await runSeed(seed, { verbose: true });
  console.log(lines.join("\n"));
  const isBroken = report.violations.length > 0;
  console.log(isBroken ? failureText({ ...report, lines }) : JSON.stringify(report, null, 2));
  return !isBroken;
}

async function runMany(first: number, count: number, workers: number): Promise<boolean> {
  const totals = new Totals();
  const began = Date.now();
  await runSeeds(seedsFrom(first, count), workers, (report) => {
    totals.add(report);
    if (report.violations.length > 0) console.log(failureText(report));
    if (totals.seeds % 100 === 0) console.error(progressText(totals, count, (Date.now() - began) / 1000));
  });
  console.log(totals.table());
  return totals.failed === 0;
}

const { help, seed, seeds, first, workers } = options();
if (help) console.log(USAGE);
else {
  const isClean = seed === undefined ? await runMany(first, seeds, workers) : await runOne(seed);
  process.exitCode = isClean ? 0 : 1;
}
