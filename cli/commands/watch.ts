/** `nightshift watch`: follows a job to its end. */
import { explainDisk } from "../../local/disk-error.ts";
import { openJob } from "../backend/open-job.ts";
import { type DeclareCommand, EXIT_CODES } from "../command.ts";
import { EXIT, exitCodeOf, UsageError } from "../exit-codes.ts";
import { type Interruptible, onInterrupt } from "../interrupt.ts";
import { followJob } from "../job/follow-job.ts";
import { jsonOption, type PlaceFlags, placeOptions } from "../options.ts";
import { HumanOutput } from "../output/human-output.ts";
import { JsonOutput } from "../output/json-output.ts";
import type { Output } from "../output/output.ts";

interface WatchFlags extends PlaceFlags {
  json?: boolean;
}

const AFTER_HELP = `
A local job that no process runs, as after a power cut, is resumed; its provider's key must then be in the environment. Ctrl-C asks whether to cancel the job; it is left running by default.
${EXIT_CODES}

Examples:
  $ nightshift watch data-0123456789ab
  $ nightshift watch data-01 --stack Nightshift && nightshift results data-01 --stack Nightshift`;

export const declareWatch: DeclareCommand = (bare, end) => {
  const command = bare.argument("<job>", "the job's id, or its beginning").addHelpText("after", AFTER_HELP);
  placeOptions(command);
  jsonOption(command, "JSON lines, progress and then the summary,");
  command.action(async (id: string, flags: WatchFlags) => end(await watch(id, flags)));
};

/** Follows a job, by the beginning of its id, and prints its progress. @returns the exit code */
export async function watch(id: string, flags: WatchFlags): Promise<number> {
  const output: Output = flags.json ? new JsonOutput() : new HumanOutput();
  const work: Interruptible = { output };
  const release = onInterrupt(work);
  const { backend, job: found } = await openJob(flags, id, "tend");
  work.backend = backend;
  try {
    const { job_id } = found;
    work.job_id = job_id;
    const { job } = await followJob(job_id, backend, { onStatus: (status) => output.status(status) });
    output.ended(job, `nightshift results ${job_id}${backend.options}`);
    return exitCodeOf(job);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    output.fail(explainDisk(error));
    return EXIT.error;
  } finally {
    release();
    await backend.close();
  }
}
