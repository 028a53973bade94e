/**
 * `npm run fuzz -- --cases 100000`: draws batches and takes them through the code. `--provider P` and `--seed S` choose;
 * a failure is shrunk, and shows the seed and the path that bring it back.
 */
import { parseArgs } from "node:util";
import { fuzzProvider } from "./fuzz-provider.ts";

const { values } = parseArgs({
  options: {
    cases: { type: "string", default: "10000" },
    provider: { type: "string" },
    seed: { type: "string" },
    path: { type: "string" },
  },
});
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
for (const provider of ["openai", "anthropic"] as const) {
  if (values.provider !== undefined && values.provider !== provider) continue;
  const start = performance.now();
  await fuzzProvider(provider, { numRuns: Number(values.cases), seed, path: values.path });
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `${provider}: ${values.cases} cases from seed ${seed} in ${seconds.toFixed(0)} s: N rows in, N rows out, the bill right`,
  );
}
