/** `nightshift status`: shows whether a job is stuck or slow. */
import { openJob } from "../backend/open-job.ts";
import type { DeclareCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { statusOf } from "../job/job-status.ts";
import { jsonOption, type PlaceFlags, placeOptions } from "../options.ts";
import { print, printJson } from "../output/safe-text.ts";
import { batchJson, statusJson } from "../output/status-json.ts";
import { statusText } from "../output/status-text.ts";

interface StatusFlags extends PlaceFlags {
  json?: boolean;
}

const AFTER_HELP = `
Shows who runs the job and, for each batch that is under way, where it is and since when, what the provider says
of it, what comes next and when, and the last thing that went wrong on the way.

Exit codes: 0 shown, 1 no process runs the job though it has not ended, 2 there is no such job.

Examples:
  $ nightshift status data-0123456789ab
  $ nightshift status data-01 --stack Nightshift          (the beginning of an id, when only one job has it)
  $ nightshift status data-01 --json | jq '.open[] | select(.trouble)'`;

export const declareStatus: DeclareCommand = (bare, end) => {
  const command = bare.argument("<job>", "the job's id, or its beginning").addHelpText("after", AFTER_HELP);
  placeOptions(command);
  jsonOption(command, "one line of JSON");
  command.action(async (id: string, flags: StatusFlags) => end(await show(id, flags)));
};

async function show(id: string, flags: StatusFlags): Promise<number> {
  await using opened = await openJob(flags, id, "read");
  const { backend, job } = opened;
  const status = await statusOf(job, backend);
  const open = status.begun.filter(({ state }) => state !== "done");
  if (flags.json) printJson({ ...statusJson(status), open: open.map(batchJson) });
  else print(statusText(status, backend.options));
  return status.ended || status.execution.alive ? EXIT.ok : EXIT.error;
}
