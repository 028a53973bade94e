/** The programs that are measured, bundled as the Lambdas are deployed: what runs is what is shipped. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";
import { SET_FLAGS } from "../../infra/lambdas/bundle.ts";

const HERE = import.meta.dirname;
const LAMBDAS = [
  "prepare-job",
  "submit-batch",
  "poll-status",
  "collect-results",
  "answer-now",
  "finalize-job",
];

/** A folder of bundles. */
export interface Bundles {
  /** The program of a Lambda's folder, or of `floor`. */
  path(name: string): string;
  close(): void;
}

/** In the place of what makes a report, the choice of the prompts that `prepare-job` keeps included, to see what that costs. */
const NO_REPORT: Plugin = {
  name: "no-report",
  setup(build) {
    const stub = (filter: RegExp, contents: string) =>
      build.onLoad({ filter }, () => ({ contents, loader: "ts" }));
    stub(
      /round-report\.ts$/,
      "export class RoundReport { count() {} show() {} async write() {} toJSON() { return {}; } }",
    );
    stub(/job-report\.ts$/, "export async function writeReport() {}");
    stub(/report\/sample\.ts$/, "export const isSampled = () => false;");
  },
};

/** Bundles the Lambdas, each with the program that runs it, and the floor. `readable`: for profiles. `report`: with the report. */
export async function bundlePrograms(readable: boolean, { report = true } = {}): Promise<Bundles> {
  const dir = mkdtempSync(join(tmpdir(), "nightshift-bundles-"));
  // As in infra/lambdas/nightshift-function.ts.
  const options = {
    bundle: true,
    platform: "node",
    target: "node24",
    format: "cjs",
    minify: !readable,
    logLevel: "error",
    plugins: report ? [] : [NO_REPORT],
  } as const;
  const banner = { js: SET_FLAGS };
  for (const name of LAMBDAS) {
    const contents = `import { handler } from "../../functions/${name}/handler.ts";
import { runStep } from "./step.ts";
runStep(handler);`;
    const outfile = join(dir, `${name}.cjs`);
    await build({ ...options, banner, stdin: { contents, resolveDir: HERE, loader: "ts" }, outfile });
  }
  await build({ ...options, entryPoints: [join(HERE, "floor.ts")], outfile: join(dir, "floor.cjs") });
  return {
    path: (name) => join(dir, `${name}.cjs`),
    close: () => rmSync(dir, { recursive: true, force: true }),
  };
}
