/** What the report adds to `collect-results` and `finalize-job`: both with it and without it, in turns. */
import { type JobSize, runJob } from "../job.ts";
import { bundlePrograms } from "../measure/bundle.ts";
import { startServices } from "../services/services.ts";

const SIZE: JobSize = { provider: "openai", items: 50_000, lineBytes: 1_000 };
const RUNS = 5;
const STEPS = new Set(["collect", "finalize"]);

/** What both steps took, medians. CPU in seconds; peak of the higher in MB: when V8 collects makes 40 MB in some runs. */
export interface StepsCost {
  cpu: number;
  peak: number;
}

/** Measures both. */
export async function measureReportShare(): Promise<{ with: StepsCost; without: StepsCost }> {
  const bundles = [await bundlePrograms(false), await bundlePrograms(false, { report: false })];
  const costs = bundles.map(() => ({ cpu: [] as number[], peak: [] as number[] }));
  for (let run = 0; run < RUNS; run++)
    for (const [at, bundle] of bundles.entries()) {
      const services = await startServices();
      try {
        const { steps } = await runJob(SIZE, { services, bundles: bundle, nodeOptions: [] });
        const both = steps.filter(({ step }) => STEPS.has(step)).map(({ measured }) => measured);
        const cost = costs[at];
        cost?.cpu.push(both.reduce((sum, { cpu }) => sum + cpu, 0));
        cost?.peak.push(Math.max(...both.map(({ rss }) => rss)));
      } finally {
        services.close();
      }
    }
  for (const bundle of bundles) bundle.close();
  const [withIt, without] = costs.map(({ cpu, peak }) => ({ cpu: median(cpu), peak: median(peak) }));
  if (!withIt || !without) throw new Error("nothing was measured");
  return { with: withIt, without };
}

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
