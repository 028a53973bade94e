/** What the report adds to `collect-results` and `finalize-job`: both with it and without it, in turns. */
import { type JobSize, runJob } from "../job.ts";
import { bundlePrograms } from "../measure/bundle.ts";
import { startServices } from "../services/services.ts";

const SIZE: JobSize = { provider: "openai", items: 50_000, lineBytes: 1_000 };
const RUNS = 3;
const STEPS = new Set(["collect", "finalize"]);

/** What both steps took. CPU in seconds, median; peak in MB, highest. */
export interface StepsCost {
  cpu: number;
  peak: number;
}

/** Measures both. */
export async function measureReportShare(): Promise<{ with: StepsCost; without: StepsCost }> {
  const bundles = [await bundlePrograms(false), await bundlePrograms(false, { report: false })];
  const costs = bundles.map(() => ({ cpu: [] as number[], peak: 0 }));
  for (let run = 0; run < RUNS; run++)
    for (const [at, bundle] of bundles.entries()) {
      const services = await startServices();
      try {
        const { steps } = await runJob(SIZE, { services, bundles: bundle, nodeOptions: [] });
        const both = steps.filter(({ step }) => STEPS.has(step)).map(({ measured }) => measured);
        const cost = costs[at];
        cost?.cpu.push(both.reduce((sum, { cpu }) => sum + cpu, 0));
        if (cost) cost.peak = Math.max(cost.peak, ...both.map(({ rss }) => rss));
      } finally {
        services.close();
      }
    }
  for (const bundle of bundles) bundle.close();
  const [withIt, without] = costs.map(({ cpu, peak }) => ({ cpu: median(cpu), peak }));
  if (!withIt || !without) throw new Error("nothing was measured");
  return { with: withIt, without };
}

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
