/** `nightshift run`: a file from its first item to its results, in this process. */
import { rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { explainDisk } from "../../local/disk-error.ts";
import { messageOf } from "../../shared/errors.ts";
import { BatchJobInfo, type JobSpec } from "../../shared/models.ts";
import type { JobRecord } from "../../shared/records/job-record.ts";
import type { Backend } from "../backend/backend.ts";
import { openBackend } from "../backend/open-backend.ts";
import { checkModel } from "../check-model.ts";
import { type DeclareCommand, EXIT_CODES } from "../command.ts";
import { EXIT, exitCodeOf, UsageError } from "../exit-codes.ts";
import { type NewJob, newJob, refuseInvalid } from "../input/new-job.ts";
import { type Interruptible, onInterrupt } from "../interrupt.ts";
import { followJob } from "../job/follow-job.ts";
import { type Begins, submitFile } from "../job/submit-file.ts";
import type { JobFlags } from "../job-settings.ts";
import {
  INPUT_HELP,
  jobOptions,
  jsonOption,
  type PlaceFlags,
  placeOptions,
  tenantOption,
} from "../options.ts";
import { HumanOutput } from "../output/human-output.ts";
import { JsonOutput } from "../output/json-output.ts";
import type { Output } from "../output/output.ts";
import { bringAll } from "../results/bring-newer.ts";
import { bringResults } from "../results/bring-results.ts";
import {
  makeFolder,
  makeOutputDir,
  type Out,
  outOf,
  outputDir,
  outputFiles,
  takeName,
} from "../results/output-files.ts";
import { copyOutputs, copyReport } from "../results/outputs.ts";
import { withOrigin } from "../results/summary.ts";
import { type MergedFiles, newestFiles } from "../retry/merged-files.ts";
import { tryHint } from "../try/tried.ts";

/** What is given beside the settings. */
export interface RunFlags extends JobFlags, PlaceFlags {
  out?: string;
  json?: boolean;
  /** Whether to say what people may not know. */
  hints?: boolean;
  open?: boolean;
}

const AFTER_HELP = `
Settings of the job may also stand in the file's first line, {"job": {"provider": "openai", "model": "gpt-4.1-mini"}};
flags are stronger.

Keys: OPENAI_API_KEY or ANTHROPIC_API_KEY, that of the provider in use. OPENAI_BASE_URL and ANTHROPIC_BASE_URL lead to
another address. UPSTREAM_API_KEY is sent to the server of --upstream.

Outputs: results.jsonl has one result for each line, in the order of the input; failed.jsonl has the input lines that
got no answer, ready to be run again; summary.json has counts, times and the receipt;
report.html shows the whole job on one page.

Running the same command again resumes the same job. It uses the batches that are at the provider already, and sends
nothing twice. A finished job gives its results again.

Ctrl-C asks whether to cancel the job, or to leave it running in a process of its own, as nightshift submit does.
${EXIT_CODES}

Examples:
  $ nightshift run data.csv --provider openai --model gpt-4.1-mini --prompt "Classify: {{description}}"
  $ nightshift run data.csv --recipe job.yaml --out answers.csv
  $ nightshift run job.yaml
  $ nightshift run data.jsonl --provider openai --model gpt-4.1-mini --out out/
  $ nightshift run data.jsonl --provider anthropic --model claude-haiku-4-5 --system "Answer in French." --max-tokens 500
  $ nightshift run data.jsonl --provider openai --model gpt-4.1-mini --sandbox
  $ nightshift run data.jsonl --provider openai --model gpt-4.1-mini --sandbox --upstream http://127.0.0.1:11434/v1
  $ nightshift run data.jsonl --provider openai --model gpt-4.1-mini --stack Nightshift
  $ nightshift run out/failed.jsonl --provider openai --model gpt-4.1 --out out-2/`;

export const declareRun: DeclareCommand = (bare, end) => {
  const command = bare.argument("<files...>", INPUT_HELP).addHelpText("after", AFTER_HELP);
  jobOptions(command);
  command.optionsGroup("Where:");
  command.option(
    "-o, --out <path>",
    "folder of the outputs (default: out/<job_id>), or a file for the results: .csv, .parquet, .jsonl",
  );
  placeOptions(command);
  tenantOption(command);
  command.option("--open", "open the viewer in the browser; it stays until Ctrl-C");
  jsonOption(command, "JSON lines, events and then the summary,");
  command.action(async (files: string[], flags: RunFlags) => end(await run(files, flags)));
};

async function run(files: string[], { out, ...flags }: RunFlags): Promise<number> {
  const { dir, file } = outOf(out);
  await using job = await newJob(files, flags);
  checkOutputs(job.file, dir);
  await refuseInvalid(job);
  return await runJob(job, { ...flags, hints: true, ...(dir !== undefined && { out: dir }) }, file);
}

type OutputFormat = NonNullable<JobSpec["outputs"]>[number];

/** A job whose input stays until it has been run. */
type RunnableJob = Omit<NewJob, keyof AsyncDisposable> & Begins;

/**
 * Runs a job that is opened, to its results.
 * @param file where results go, too
 * @returns the exit code
 */
export async function runJob(job: RunnableJob, flags: RunFlags, file?: Out["file"]): Promise<number> {
  await checkModel(job.provider, job.model, flags);
  const output: Output = flags.json ? new JsonOutput() : new HumanOutput();
  const work: Interruptible = { output };
  const release = onInterrupt(work);
  try {
    output.begin({
      ...job,
      file: job.label,
      sandbox: flags.sandbox ? { upstream: flags.upstream } : undefined,
    });
    work.backend = await openBackend(flags, {
      kind: "run",
      provider: job.provider,
      onEvent: (event) => output.event(event),
    });
    // Before anything is sent.
    if (flags.out !== undefined) await makeOutputDir(flags.out, work.backend.origin);
    if (file) await makeFolder(dirname(file.path));
    return await runToEnd({ job, flags, file, work, backend: work.backend, release });
  } catch (error) {
    if (error instanceof UsageError) throw error;
    output.fail(explainDisk(error));
    return EXIT.error;
  } finally {
    release();
    await work.backend?.close();
  }
}

interface Run {
  job: RunnableJob;
  flags: RunFlags;
  file: Out["file"];
  work: Interruptible;
  backend: Backend;
  /** Takes back what a signal does to the job. */
  release: () => void;
}

async function runToEnd({ job, flags, file, work, backend, release }: Run): Promise<number> {
  const { output } = work;
  const { out, open = false } = flags;
  const submission = await submitFile(job.file, job, backend);
  const { job_id, key, execution } = submission;
  work.job_id = job_id;
  output.submitted(submission);
  const hint = flags.hints && submission.state === "new" && tryHint(flags.dataDir, job.settings);
  if (hint) output.hint(hint);
  // A log is no place for an address that opens the answers.
  const wanted = open || (process.stdout.isTTY && !flags.json);
  const view = wanted ? await import("../view/open-viewer.ts") : undefined;
  const viewer = await view?.openViewer(flags, { id: job_id, backend, open });
  if (viewer) output.viewer(viewer.url);
  const status = await followJob(job_id, backend, { execution, onStatus: (now) => output.status(now) });
  const alreadyAnswered = submission.state === "answered";
  const newer = await newestFiles(status.job, backend, ...(out === undefined ? [] : [out]));
  const outDir = out ?? newer?.dir ?? outputDir(job_id);
  const formats = (job.settings.outputs ?? []) as OutputFormat[];
  const outputs = await bringOutputs(status.job, outDir, { file, formats, origin: backend.origin, newer });
  const report = outputs ? undefined : await copyReport(status.job, outDir, backend.origin);
  // What the job calls by its key, a person here knows by its path.
  const error = status.job.error?.replaceAll(key, job.label);
  const summary = withOrigin({ ...BatchJobInfo.parse(status.job), error }, backend.origin);
  await output.end(
    outputs ? { ...outputs, alreadyAnswered } : { summary, files: null, report, alreadyAnswered },
  );
  if (view && viewer && open) {
    release();
    output.viewer(viewer.url, "until Ctrl-C");
    await view.untilInterrupted();
  }
  await viewer?.close();
  return exitCodeOf(status.job);
}

interface BringingOutputs {
  file: Out["file"];
  formats: OutputFormat[];
  origin: string | undefined;
  newer: MergedFiles | null;
}

/** @throws Error that says that the job is done, when its files cannot be written */
async function bringOutputs(job: JobRecord, dir: string, { file, formats, origin, newer }: BringingOutputs) {
  try {
    const outputs = newer
      ? { summary: newer.summary, files: await bringAll(newer, dir) }
      : await copyOutputs(job.job_id, dir, origin);
    if (!outputs) return null;
    const { files } = outputs;
    const wanted = { origin, follow: "", newer };
    // An earlier start of the job may have asked for others.
    for (const format of formats)
      if (format !== "jsonl" && !files[format])
        Object.assign(files, await bringResults(job, dir, { ...wanted, format }));
    if (!file) return outputs;
    const { path, format } = file;
    const table = `${path}.${process.pid}.new`;
    try {
      const brought = await bringResults(job, dir, { ...wanted, format, table });
      await takeName(table, path);
      Object.assign(files, Object.fromEntries(Object.keys(brought).map((kind) => [kind, path])));
    } finally {
      await rm(table, { force: true });
    }
    return outputs;
  } catch (error) {
    throw new Error(
      `job ${job.job_id} has ended, and its files could not be written: ${messageOf(explainDisk(error, dir))}; or give another --out: the same command then writes them, and sends nothing again`,
      { cause: error },
    );
  }
}

/** @throws UsageError when an output would overwrite the input */
function checkOutputs(file: string, out: string | undefined): void {
  if (out !== undefined && Object.values(outputFiles(resolve(out))).includes(resolve(file))) {
    throw new UsageError(
      `${file} would be overwritten, with the results beside it; give another folder with --out`,
    );
  }
}
