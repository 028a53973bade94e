/**
 * `npm run bench`: what each step costs, beside the floor measured in the same run. See RESULTS.md.
 * `--items N` and `--provider P` pick one size. `--only` picks one step, or `tables`, `old-build`, `real-time`, `seen-ids`, `start`,
 * `simulation` or `view`. `--profile DIR` writes CPU profiles. `--lambda-sizes` gives Node the sizes that Lambda may give it: see
 * `infra/lambdas/node-options.ts`.
 */
import { parseArgs } from "node:util";
import { measureOldBuild, oldBuildTable } from "./against/old-build.ts";
import { measureTables, tablesTable } from "./against/tables.ts";
import { help } from "./help.ts";
import { type JobSize, runJob, SMALL_JOB, STEPS, type Step } from "./job.ts";
import { lambdaStartTable, measureLambdaStarts } from "./lambda-start.ts";
import { bundlePrograms } from "./measure/bundle.ts";
import { measureRealTime } from "./real-time/real-time.ts";
import { writeResults } from "./results-file.ts";
import { measureSeenIds } from "./seen-ids.ts";
import { startServices } from "./services/services.ts";
import { measureSeeds, seedText } from "./simulation.ts";
import { type BenchRow, rowOf, seenIdsTable, stepsTable } from "./tables.ts";
import { measureView } from "./view/results.ts";

/** What the runtime nodejs18.x gave Node on its command line for 512 MB: 5 and 90 % of the memory. It is stronger than `NODE_OPTIONS`. */
const LAMBDA_SIZES = ["--max-semi-space-size=25", "--max-old-space-size=461"];

help(import.meta.filename);
const { values: flags } = parseArgs({
  options: {
    items: { type: "string", multiple: true },
    provider: { type: "string" },
    "line-bytes": { type: "string" },
    only: { type: "string" },
    repeat: { type: "string" },
    profile: { type: "string" },
    "lambda-sizes": { type: "boolean" },
  },
});
if (flags.only === "view") {
  await measureView();
  process.exit();
}
if (flags.only === "start") {
  console.log(lambdaStartTable(await measureLambdaStarts()));
  process.exit();
}
if (flags.only === "simulation") {
  console.log(seedText(await measureSeeds()));
  process.exit();
}
const PARTS = ["seen-ids", "real-time", "tables", "old-build"];
const part = PARTS.find((name) => name === flags.only);
const only = STEPS.find((step) => step === flags.only);
if (flags.only !== undefined && !part && !only)
  throw new Error(`--only takes ${[...STEPS, ...PARTS, "start", "simulation", "view"].join(", ")}`);
const chosen =
  ["items", "provider", "line-bytes"].some((flag) => flag in flags) || flags["lambda-sizes"] !== undefined;

/** A line of a batch of 200 MB in 50,000 requests, and of 256 MB in 100,000: what the providers allow at most. */
const FULL_BATCHES: JobSize[] = [
  { provider: "openai", items: 50_000, lineBytes: 3_830 },
  { provider: "anthropic", items: 100_000, lineBytes: 2_400 },
];
const SIZES: JobSize[] = [
  { provider: "openai", items: SMALL_JOB, lineBytes: 1_000 },
  { provider: "openai", items: 50_000, lineBytes: 1_000 },
  { provider: "anthropic", items: 50_000, lineBytes: 1_000 },
  { provider: "openai", items: 1_000_000, lineBytes: 1_000 },
  ...FULL_BATCHES,
];

function sizes(): JobSize[] {
  if (part) return [];
  if (!chosen) return SIZES;
  const items = (flags.items ?? ["50000"]).map(Number);
  const provider = flags.provider === "anthropic" ? "anthropic" : "openai";
  return items.map((count) => ({ provider, items: count, lineBytes: Number(flags["line-bytes"] ?? 1000) }));
}

/** Small jobs are run more often: the median is what counts. */
function repeats({ items }: JobSize): number {
  return Number(flags.repeat ?? (items <= 100_000 ? 3 : 1));
}

const nodeOptions = [
  ...(flags.profile ? ["--cpu-prof", `--cpu-prof-dir=${flags.profile}`] : []),
  ...(flags["lambda-sizes"] ? LAMBDA_SIZES : []),
];
const bundles = await bundlePrograms(flags.profile !== undefined);
const rows: BenchRow[] = [];
for (const size of sizes()) {
  const runs = [];
  for (let n = 0; n < repeats(size); n++) {
    // Fresh services each time: what one job leaves behind must not slow the next.
    const services = await startServices();
    try {
      runs.push(await runJob(size, { services, bundles, only: only as Step | undefined, nodeOptions }));
    } finally {
      services.close();
    }
  }
  rows.push(...rowOf(size, runs));
  console.log(stepsTable(rows.slice(-(only ? 1 : STEPS.length))));
}
const tables =
  part === "tables" || (!chosen && flags.only === undefined)
    ? await measureTables(
        bundles,
        nodeOptions,
        Number(flags.items?.[0] ?? 1_000_000),
        Number(flags.repeat ?? 3),
      )
    : [];
if (tables.length > 0) console.log(tablesTable(tables));
const oldBuild =
  part === "old-build" || (!chosen && flags.only === undefined)
    ? await measureOldBuild(Number(flags.items?.[0] ?? 50_000), Number(flags.repeat ?? 3))
    : null;
if (oldBuild) console.log(oldBuildTable(oldBuild));
if (part === "real-time" || flags.only === undefined) await measureRealTime(bundles, nodeOptions);
bundles.close();
const ids = chosen || only || (part && part !== "seen-ids") ? null : await measureSeenIds();
if (ids) console.log(seenIdsTable(ids));
if (!chosen && flags.only === undefined) {
  writeResults(
    { rows, tables, oldBuild, ids, starts: await measureLambdaStarts(), seeds: await measureSeeds() },
    Number(flags.repeat ?? 3),
  );
  await measureView();
}
