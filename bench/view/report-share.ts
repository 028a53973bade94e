/** What the report adds to a job's steps: each run with it beside one without, in turns. */
import { type JobSize, runJob } from "../job.ts";
import { bundlePrograms } from "../measure/bundle.ts";
import { startServices } from "../services/services.ts";

const SIZE: JobSize = { provider: "openai", items: 50_000, lineBytes: 1_000 };
const PAIRS = 7;

/** CPU in seconds. */
export interface StepsCost {
  /** Of `collect-results` and `finalize-job`. */
  cpu: number;
  /** Of the higher of the two, in MB. */
  peak: number;
  /** CPU of `prepare-job`. */
  prepare: number;
}

/** Medians; `more`: of the ratios of each pair, as a shared machine is not as fast in one as in the next. */
export interface ReportShare {
  pairs: number;
  with: StepsCost;
  without: StepsCost;
  more: Pick<StepsCost, "cpu" | "prepare">;
}

/** Measures both. */
export async function measureReportShare(): Promise<ReportShare> {
  const [withIt, without] = [await bundlePrograms(false), await bundlePrograms(false, { report: false })];
  const pairs: [StepsCost, StepsCost][] = [];
  const cost = async (bundles: typeof withIt): Promise<StepsCost> => {
    const services = await startServices();
    try {
      const { steps } = await runJob(SIZE, { services, bundles, nodeOptions: [] });
      const [prepare, collect, finalize] = ["prepare", "collect", "finalize"].map(
        (name) => steps.find(({ step }) => step === name)?.measured,
      );
      if (!prepare || !collect || !finalize) throw new Error("a step was not measured");
      const peak = Math.max(collect.rss, finalize.rss);
      return { cpu: collect.cpu + finalize.cpu, peak, prepare: prepare.cpu };
    } finally {
      services.close();
    }
  };
  while (pairs.length < PAIRS) {
    // Each is the first of a pair as often as the other, or nearly.
    const other = pairs.length % 2 === 0 ? undefined : await cost(without);
    const one = await cost(withIt);
    pairs.push([one, other ?? (await cost(without))]);
  }
  withIt.close();
  without.close();
  const of = (side: 0 | 1, name: keyof StepsCost) => median(pairs.map((pair) => pair[side][name]));
  const costs = (side: 0 | 1) => ({
    cpu: of(side, "cpu"),
    peak: of(side, "peak"),
    prepare: of(side, "prepare"),
  });
  const ratio = (name: keyof StepsCost) => median(pairs.map(([one, other]) => one[name] / other[name]));
  return {
    pairs: PAIRS,
    with: costs(0),
    without: costs(1),
    more: { cpu: ratio("cpu"), prepare: ratio("prepare") },
  };
}

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
