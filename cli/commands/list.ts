/** `nightshift list`: the newest jobs. */
import * as z from "zod";
import { listJobs } from "../../shared/records/job-record.ts";
import { setting } from "../arguments.ts";
import { readEach } from "../backend/open-job.ts";
import type { DeclareCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { statusOf } from "../job/job-status.ts";
import { jsonOption, type PlaceFlags, placeOptions } from "../options.ts";
import { jobTable, type ListedJob } from "../output/job-table.ts";
import { print, printJson } from "../output/safe-text.ts";
import { statusJson } from "../output/status-json.ts";

interface ListFlags extends PlaceFlags {
  limit: number;
  json?: boolean;
}

const AFTER_HELP = `
Examples:
  $ nightshift list
  $ nightshift list --stack Nightshift --limit 100
  $ nightshift list --json | jq -r 'select(.status == "failed") | .job_id'`;

export const declareList: DeclareCommand = (bare, end) => {
  const command = bare
    .option("-n, --limit <number>", "how many", setting(z.int().positive(), Number), 20)
    .addHelpText("after", AFTER_HELP);
  placeOptions(command);
  jsonOption(command, "a line of JSON for each job");
  command.action(async (flags: ListFlags) => end(await list(flags)));
};

async function list(flags: ListFlags): Promise<number> {
  const jobs = await newestJobs(flags);
  if (flags.json) for (const { origin, status } of jobs) printJson({ origin, ...statusJson(status) });
  else
    print(
      jobs.length > 0
        ? jobTable(jobs, process.stdout.isTTY ? process.stdout.columns : undefined)
        : "There are no jobs.",
    );
  return EXIT.ok;
}

async function newestJobs(flags: ListFlags): Promise<ListedJob[]> {
  const all = await readEach(flags, async (backend) => {
    const jobs = await listJobs(flags.limit);
    const statuses = await Promise.all(jobs.map((job) => statusOf(job, backend)));
    return statuses.map((status) => ({ origin: backend.origin, status }));
  });
  return all.sort((a, b) => b.status.job.created_at - a.status.job.created_at).slice(0, flags.limit);
}
