/** `nightshift cancel`: ends a job, and keeps what was answered. */
import { openJob } from "../backend/open-job.ts";
import type { DeclareCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { cancelJob } from "../job/cancel-job.ts";
import { jsonOption, type PlaceFlags, placeOptions } from "../options.ts";
import { print, printJson } from "../output/safe-text.ts";
import { watch } from "./watch.ts";

interface CancelFlags extends PlaceFlags {
  wait?: boolean;
  json?: boolean;
}

const AFTER_HELP = `
What is not sent stays unsent; what runs is cancelled at the provider at its next poll. Existing answers are kept,
the other lines become "cancelled", and the job ends "cancelled" with all its results.

Exit codes: 0 asked for, 1 it could not be, 2 there is no such job; with --wait those of nightshift watch.

Examples:
  $ nightshift cancel data-0123456789ab
  $ nightshift cancel data-01 --stack Nightshift --wait`;

export const declareCancel: DeclareCommand = (bare, end) => {
  const command = bare
    .argument("<job>", "the job's id, or its beginning")
    .option("-w, --wait", "follow the job to its end")
    .addHelpText("after", AFTER_HELP);
  placeOptions(command);
  jsonOption(command, "one line of JSON: job_id, message");
  command.action(async (id: string, flags: CancelFlags) => end(await cancel(id, flags)));
};

async function cancel(id: string, flags: CancelFlags): Promise<number> {
  const job_id = await ask(id, flags);
  return flags.wait ? watch(job_id, flags) : EXIT.ok;
}

/** Asks for the end of a job, by the beginning of its id. @returns its id */
async function ask(id: string, flags: CancelFlags): Promise<string> {
  await using opened = await openJob(flags, id, "tend");
  const { backend, job } = opened;
  const { job_id } = job;
  const message = await cancelJob(job_id, backend);
  if (flags.json) printJson({ type: "cancel", job_id, message });
  else print(message);
  return job_id;
}
