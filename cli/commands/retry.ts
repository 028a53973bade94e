/** `nightshift retry`: asks again what has no answer, and puts the answers into their places. */
import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type JobSpec, JobSpec as Spec } from "../../shared/models.ts";
import { mostOf } from "../../shared/money/quote.ts";
import { requireJobFile } from "../../shared/objects/job-file.ts";
import { tenantOfJob } from "../../shared/tenants/tenant.ts";
import { setting } from "../arguments.ts";
import { openJob } from "../backend/open-job.ts";
import { checkModel } from "../check-model.ts";
import type { DeclareCommand } from "../command.ts";
import { EXIT, UsageError } from "../exit-codes.ts";
import { quoteFile } from "../input/quote-file.ts";
import { jsonOption, type PlaceFlags, placeOptions } from "../options.ts";
import { costText, usd } from "../output/cost.ts";
import { counted, number } from "../output/numbers.ts";
import { printFiles } from "../output/report.ts";
import { print, printJson } from "../output/safe-text.ts";
import { bringResults } from "../results/bring-results.ts";
import { outputDir } from "../results/output-files.ts";
import { type JobSummary, readSummary } from "../results/outputs.ts";
import { retryFolder } from "../retry/attempt.ts";
import { nextGeneration } from "../retry/generation.ts";
import { holdJob } from "../retry/hold-job.ts";
import { inRealTime, type Part, settingsOf } from "../retry/in-real-time.ts";
import { generationFiles, newestFiles, newestGeneration } from "../retry/merged-files.ts";
import { placeKept } from "../retry/place-kept.ts";
import { runJob } from "./run.ts";

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
is resumed before anything is asked in real time.

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
    .option("-o, --out <dir>", "folder of the outputs (default: out/<job_id>)")
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
  { spec: whole, dir, job, origin, sandbox }: Awaited<ReturnType<typeof prepared>>,
  flags: RetryFlags,
): Promise<number> {
  const { job_id } = job;
  const folder = retryFolder(flags.dataDir, job_id);
  const place = () => placeKept(folder, dir, job, whole);
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
  if (flags.realTime && existsSync(work))
    throw new UsageError(
      `a retry by batch was begun, and real time would pay for its answers again: the same command without --real-time resumes it; to leave them, remove ${work}`,
    );
  const spec = await affordable(whole, summary, before.failed, flags.realTime);
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
    const rerun = await asBatch({ ...part, work, tenant: tenantOfJob(job_id) });
    next = await nextGeneration(dir, job, whole, rerun);
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
  const dir = flags.out ?? outputDir(job_id);
  const follow = `nightshift watch ${job_id}${backend.options} follows it`;
  const { origin } = backend;
  // What a retry elsewhere has answered is not asked again.
  const newer = await newestFiles(job, origin, dir);
  await bringResults(job, dir, { origin, follow, newer });
  const file = await requireJobFile(job_id);
  const upstream = origin === "sandbox" ? undefined : origin;
  const sandbox = backend.sandbox ? { upstream } : undefined;
  const spec = { ...file.spec, ...(flags.model && { model: flags.model }) };
  return { spec, dir, job, origin, sandbox };
}

/**
 * The spec with what is left of its `max_cost_usd`. A request of which nobody knows whether it was billed counts as much
 * as one that is asked now can cost.
 * @throws UsageError when what is asked now could cost more, or could not be sent
 */
async function affordable(
  spec: JobSpec,
  { receipt }: JobSummary,
  failed: string,
  realTime = false,
): Promise<JobSpec> {
  const { quote, refusal } = await quoteFile(failed, settingsOf(spec));
  // In real time, any number of items is asked.
  if (refusal !== null && !realTime) throw new UsageError(refusal);
  if (spec.max_cost_usd === undefined) return spec;
  const { cost_usd, real_time_usd } = mostOf(quote);
  const most = realTime ? real_time_usd : cost_usd;
  const { unknown = { batch: 0, real_time: 0 } } = receipt ?? {};
  const perhaps = unknown.batch * (cost_usd ?? 0) + unknown.real_time * (real_time_usd ?? 0);
  const left = spec.max_cost_usd - (receipt?.cost_usd ?? 0) - perhaps / Math.max(1, quote.requests);
  if (left <= 0 || most === null || most > left)
    throw new UsageError(
      `max_cost_usd: ${usd(Math.max(0, left))} USD of ${spec.max_cost_usd} are left, and asking again may cost ${most === null ? "more than can be said" : `${usd(most)} USD`}; nothing was sent`,
    );
  return { ...spec, max_cost_usd: left };
}

/** Runs the items of a file as a job of their own. */
async function asBatch({
  failed,
  spec,
  work,
  use,
  tenant,
}: Part & { work: string; tenant: string | undefined }) {
  const job = {
    ...{ settings: settingsOf(spec), provider: spec.provider, model: spec.model, tenant },
    ...{ file: failed, label: failed },
  };
  const code = await runJob(job, { ...use, out: work });
  if (code === EXIT.error) throw new Error("the retry did not end; the same command resumes it");
  const { receipt } = await readSummary(join(work, "summary.json"));
  return { results: [join(work, "results.jsonl")], ofFailed: true, receipts: [receipt ?? []].flat() };
}
