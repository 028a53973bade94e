/** `nightshift submit`: starts a job and returns. */
import { setTimeout as sleep } from "node:timers/promises";
import { type JobRecord, readJob } from "../../shared/records/job-record.ts";
import type { Backend } from "../backend/backend.ts";
import { openBackend } from "../backend/open-backend.ts";
import { checkModel } from "../check-model.ts";
import type { DeclareCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { newJob, refuseInvalid } from "../input/new-job.ts";
import { type Submission, submitFile } from "../job/submit-file.ts";
import type { JobFlags } from "../job-settings.ts";
import {
  INPUT_HELP,
  jobOptions,
  jsonOption,
  type PlaceFlags,
  placeOptions,
  tenantOption,
} from "../options.ts";
import { print, printJson } from "../output/safe-text.ts";
import { tryHint } from "../try/tried.ts";

interface SubmitFlags extends JobFlags, PlaceFlags {
  json?: boolean;
}

const AFTER_HELP = `
The job continues without this command: in a process of its own that ends when there is nothing left to do, or with
--stack on AWS. Submitting the same file with the same settings again finds the same job.

Exit codes: 0 submitted (or found), 1 it could not be, 2 the command line, a setting or the beginning of
the input is wrong, or a key is missing.

Examples:
  $ nightshift submit data.jsonl --provider openai --model gpt-4.1-mini
  $ nightshift submit data.jsonl --provider anthropic --model claude-haiku-4-5 --stack Nightshift
  $ id=$(nightshift submit data.jsonl --provider openai --model gpt-4.1-mini --json | jq -r .job_id)
  $ nightshift watch "$id" && nightshift results "$id"`;

export const declareSubmit: DeclareCommand = (bare, end) => {
  const command = bare.argument("<files...>", INPUT_HELP).addHelpText("after", AFTER_HELP);
  jobOptions(command);
  command.optionsGroup("Where:");
  placeOptions(command);
  tenantOption(command);
  jsonOption(command, "one line of JSON: job_id, state");
  command.action(async (files: string[], flags: SubmitFlags) => end(await submit(files, flags)));
};

async function submit(files: string[], flags: SubmitFlags): Promise<number> {
  await using job = await newJob(files, flags);
  await refuseInvalid(job);
  await checkModel(job.provider, job.model, flags);
  await using backend = await openBackend(flags, { kind: "submit", provider: job.provider });
  const submission = await submitFile(job.file, job, backend);
  const { job_id, key, state } = submission;
  const record = await known(submission, backend);
  if (state === "new" && record?.status === "failed")
    throw new Error(`job ${job_id} failed: ${record.error?.replaceAll(key, job.label)}`);
  if (flags.json) printJson({ job_id, state });
  else {
    print(describe(submission, backend.options));
    const hint = state === "new" && tryHint(flags.dataDir, job.settings);
    if (hint) print(`  ${hint}`);
  }
  return EXIT.ok;
}

/** Longest wait for the job's record, in seconds: `status` and `watch` need it. */
const PATIENCE = 20;

async function known({ job_id }: Submission, backend: Backend): Promise<JobRecord | null> {
  for (let waited = 0; waited < PATIENCE; waited += backend.pollSeconds) {
    const job = await readJob(job_id);
    if (job) return job;
    await sleep(backend.pollSeconds * 1000);
  }
  return null;
}

function describe({ job_id, state }: Submission, options: string): string {
  if (state === "answered")
    return `Job ${job_id} has ended; nothing was sent.\n  nightshift results ${job_id}${options}`;
  const how = { new: "submitted", running: "under way already", resumed: "going on where it was" }[state];
  return `Job ${job_id}: ${how}.\n  nightshift watch ${job_id}${options}\n  nightshift results ${job_id}${options}`;
}
