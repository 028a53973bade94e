/** `nightshift retry`: asks again what has no answer, and puts the answers into their places. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { JobSpec as Spec } from "../../shared/models.ts";
import { requireJobFile } from "../../shared/objects/job-file.ts";
import { tenantOfJob } from "../../shared/tenants/tenant.ts";
import { setting } from "../arguments.ts";
import { quoted } from "../backend/open-backend.ts";
import { openJob } from "../backend/open-job.ts";
import { checkModel } from "../check-model.ts";
import type { DeclareCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { jsonOption, type PlaceFlags, placeOptions } from "../options.ts";
import { costText } from "../output/cost.ts";
import { counted, number } from "../output/numbers.ts";
import { printFiles } from "../output/report.ts";
import { print, printJson } from "../output/safe-text.ts";
import { bringResults } from "../results/bring-results.ts";
import { outputDir } from "../results/output-files.ts";
import { readSummary } from "../results/summary.ts";
import { affordable } from "../retry/affordable.ts";
import { noteBatch, refuseBegun, wasRefused } from "../retry/begun-batch.ts";
import { nextGeneration } from "../retry/generation.ts";
import { holdJob } from "../retry/hold-job.ts";
import { inRealTime, type Part, settingsOf, withModel } from "../retry/in-real-time.ts";
import { generationFiles, newestFiles, newestGeneration, newestSummary } from "../retry/merged-files.ts";
import { placeKept } from "../retry/place-kept.ts";
import { retryFolder } from "../retry/retry-folder.ts";
import { runJob } from "./run.ts";

interface BatchPart extends Part {
  /** The folder of the retry's own outputs. */
  work: string;
  /** As `retryFolder` has it. */
  folder: string;
  /** The one that resumes it. */
  command: string;
  tenant: string | undefined;
  /** Jobs whose answers are in the job's files. */
  settled: readonly string[] | undefined;
}

interface RetryFlags extends PlaceFlags {
  realTime?: boolean;
  model?: string;
  modelUnchecked?: boolean;
  out?: string;
  json?: boolean;
}

const AFTER_HELP = `
The items without an answer are asked again with the job's own settings: as another batch, or one by one with --real-time, at
real-time prices. The job's results with the new answers in their places are new files beside the old ones: results-2.jsonl,
failed-2.jsonl, report-2.html and summary-2.json, whose receipt is that of both. Another retry makes results-3.jsonl, and so on.

With --stack the batch is the stack's, and its files come here. --real-time asks from here, with a key of this environment.

Answers in real time are kept as they come. When a retry is interrupted, the next one first puts them into their places, whatever it
asks: none is paid again. What was under way then may be paid twice, and is in the receipt as unknown. A retry by batch that was begun
is resumed before anything else is asked.

Exit codes: 0 every item has an answer, 1 it could not be run, 2 there is no such job or a key is missing, 3 some items
still have no answer.

Examples:
  $ nightshift retry data-0123456789ab --real-time
  $ nightshift retry data-01 --model gpt-4.1
  $ nightshift retry data-01 --stack Nightshift`;

/** Declares `retry`'s arguments and options. */
export const declareRetry: DeclareCommand = (bare, end) => {
  const command = bare
    .argument("<job>", "the job's id, or its beginning")
    .option("--real-time", "ask at once, one by one, at real-time prices")
    .option("-m, --model <name>", "another model for what is left", setting(Spec.shape.model))
    .option("--model-unchecked", "send the model's name as it is, though it may be a typo")
    .option("-o, --out <dir>", "folder of the outputs (default: that of the last retry, or out/<job_id>)")
    .addHelpText("after", AFTER_HELP);
  placeOptions(command);
  jsonOption(command, "JSON lines, the last one with counts and files,");
  command.action(async (id: string, flags: RetryFlags) => end(await retry(id, flags)));
};

async function retry(id: string, flags: RetryFlags): Promise<number> {
  const job = await prepared(id, flags);
  const release = holdJob(flags.dataDir, job.job.job_id);
  try {
    return await retryJob(job, flags);
  } finally {
    release();
  }
}

async function retryJob(
  { spec: whole, dir, job, origin, sandbox, command }: Awaited<ReturnType<typeof prepared>>,
  flags: RetryFlags,
): Promise<number> {
  const { job_id } = job;
  const folder = retryFolder(flags.dataDir, job_id);
  const place = () => placeKept({ dir, folder }, job, whole);
  // First: with another model, or by batch, it would be asked and paid once more.
  const kept = await place();
  if (kept && !flags.json)
    print(`${counted(kept.placed, "answer")} of a retry in real time were kept; they are in place.`);
  const generation = await newestGeneration(dir, job);
  const before = generationFiles(dir, generation);
  const summary = await readSummary(before.summary);
  const left = summary.request_count - (summary.counts?.succeeded ?? 0);
  // Another model may take what is not valid for this one.
  const isInvalid = summary.counts?.invalid === left && flags.model === undefined;
  if (left === 0 || isInvalid || (await stat(before.failed)).size === 0) {
    if (flags.json) printJson({ type: "summary", job_id, counts: summary.counts, files: before });
    else if (left === 0) print(`Every item of job ${job_id} has an answer.`);
    else
      print(
        `${counted(left, "row")} of job ${job_id} ${left === 1 ? "is" : "are"} not valid, so there is nothing to ask again; correct the input, and run it again.`,
      );
    return left === 0 ? EXIT.ok : EXIT.failedItems;
  }
  const use = { ...flags, sandbox: sandbox !== undefined, upstream: sandbox?.upstream };
  const work = join(dir, `retry-${generation + 1}`);
  const asked = withModel(whole, flags.model ?? whole.model);
  const spec = await affordable(asked, summary, before.failed, flags.realTime);
  await checkModel(spec.provider, spec.model, { ...flags, sandbox: sandbox !== undefined, ...sandbox });
  if (!flags.json)
    print(`${counted(left, "item")} of job ${job_id} ${left === 1 ? "has" : "have"} no answer.`);
  const part = { failed: before.failed, spec, use };
  let next: Awaited<ReturnType<typeof place>>;
  if (flags.realTime) {
    try {
      await inRealTime({ ...part, folder, origin, left });
    } catch (error) {
      // Where that fails, too, the next retry does it.
      await place().catch(() => null);
      throw error;
    }
    next = await place();
  } else {
    const tenant = tenantOfJob(job_id);
    const rerun = await asBatch({ ...part, work, folder, command, tenant, settled: summary.merged });
    next = await nextGeneration({ dir, folder }, job, whole, rerun);
  }
  const { files, summary: merged } = next ?? { files: before, summary };
  const { succeeded = 0 } = merged.counts ?? {};
  if (flags.json) printJson({ type: "summary", ...merged, files });
  else {
    print(`${number(succeeded)} of ${counted(merged.request_count, "item")} answered now.`);
    if (merged.receipt) print(costText(merged.receipt, origin));
    printFiles(files);
    if (succeeded < merged.request_count) print(`Failed   ${files.failed}`);
  }
  return succeeded === merged.request_count ? EXIT.ok : EXIT.failedItems;
}

/** Brings the job's files here, and finds out who answered it. */
async function prepared(id: string, flags: RetryFlags) {
  await using opened = await openJob(flags, id, "read");
  const { backend, job } = opened;
  const { job_id } = job;
  // Started again, it would ask what the retry has asked.
  if (job.status === "failed")
    throw new Error(`job ${job_id} failed, and only one that ended otherwise is asked again: ${job.error}`);
  const follow = `nightshift watch ${job_id}${backend.options} follows it`;
  const { origin } = backend;
  // What a retry elsewhere has answered is not asked again.
  const newer = await newestFiles(job, backend, ...(flags.out === undefined ? [] : [flags.out]));
  const dir = flags.out ?? newer?.dir ?? outputDir(job_id);
  await bringResults(job, dir, { origin, follow, newer });
  const file = await requireJobFile(job_id);
  const upstream = origin === "sandbox" ? undefined : origin;
  const sandbox = backend.sandbox ? { upstream } : undefined;
  if (flags.realTime)
    await refuseBegun(retryFolder(flags.dataDir, job_id), (await newestSummary(dir, job)).merged);
  const { model, modelUnchecked, out } = flags;
  const command =
    [
      `nightshift retry ${job_id}`,
      ...(model === undefined ? [] : ["--model", quoted(model)]),
      ...(modelUnchecked ? ["--model-unchecked"] : []),
      ...(out === undefined ? [] : ["--out", quoted(out)]),
    ].join(" ") + backend.options;
  return { spec: file.spec, dir, job, origin, sandbox, command };
}

/** Runs the items of a file as a job of their own. */
async function asBatch({ failed, spec, use, work, folder, command, tenant, settled = [] }: BatchPart) {
  let own = "";
  const begins = async (job_id: string) => {
    await refuseBegun(folder, [...settled, job_id]);
    noteBatch(folder, { job_id, command });
    own = job_id;
  };
  const job = {
    ...{ settings: settingsOf(spec), provider: spec.provider, model: spec.model, tenant },
    ...{ file: failed, label: failed, begins },
  };
  const code = await runJob(job, { ...use, out: work });
  if (code === EXIT.error) throw new Error(await whyNoRetry(own, use));
  const { receipt } = await readSummary(join(work, "summary.json"));
  // In another folder, the same items may be the job of an earlier retry.
  const receipts = receipt && !settled.includes(own) ? [receipt] : [];
  return { results: [join(work, "results.jsonl")], ofFailed: true, receipts, jobs: [own] };
}

/** What is so after a retry by batch that brought no results, and has said why. */
async function whyNoRetry(own: string, use: PlaceFlags): Promise<string> {
  const resumes = "the same command resumes it";
  if (own === "") return "the retry did not begin";
  await using opened = await openJob(use, own, "read");
  if (await wasRefused(own)) return "nothing of the retry was sent";
  return opened.job.status === "failed"
    ? `the retry failed; once that is mended, ${resumes}`
    : `the retry did not end; ${resumes}`;
}
