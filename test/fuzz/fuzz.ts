/**
 * `npm run fuzz -- --cases 100000`: draws batches and takes them through the code. `--provider P` and `--seed S` choose.
 * Cases run in portions, each with a seed of its own. A failure is shrunk, and shows the seed and the path that bring it back
 * with `--cases 5000 --seed SEED --path PATH`.
 */
import { parseArgs } from "node:util";
import { FUZZED } from "./drawn-batch.ts";
import { fuzzProvider } from "./fuzz-provider.ts";

const PORTION = 5000;

const { values } = parseArgs({
  options: {
    cases: { type: "string", default: "10000" },
    provider: { type: "string" },
    seed: { type: "string" },
    path: { type: "string" },
  },
});
const cases = Number(values.cases);
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
for (const provider of FUZZED) {
  if (values.provider !== undefined && values.provider !== provider) continue;
  const start = performance.now();
  const seconds = () => ((performance.now() - start) / 1000).toFixed(0);
  for (let done = 0; done < cases; done += PORTION) {
    const numRuns = Math.min(PORTION, cases - done);
    await fuzzProvider(provider, { numRuns, seed: seed + done / PORTION, path: values.path });
    console.error(`${provider}: ${done + numRuns} of ${cases} cases, ${seconds()} s`);
  }
  console.log(
    `${provider}: ${cases} cases from seed ${seed} in ${seconds()} s: N rows in, N rows out, the bill right`,
  );
}
