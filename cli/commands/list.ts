/** `nightshift list`: the newest jobs. */
import type { Command } from "commander";
import { z } from "zod";
import { setting } from "../arguments.ts";
import { NothingThereError } from "../backend/backend.ts";
import { openBackend } from "../backend/open-backend.ts";
import { EXIT } from "../exit-codes.ts";
import type { JobStatus } from "../job/job-status.ts";
import { jsonOption, type PlaceFlags, placeOptions } from "../options.ts";
import { jobTable } from "../output/job-table.ts";
import { printJson } from "../output/json-lines.ts";
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

/** Adds `list` to the program. */
export function declareList(program: Command, end: (code: number) => void): void {
  const command = program
    .command("list")
    .description("List jobs, the newest first.")
    .option("-n, --limit <number>", "how many", setting(z.int().positive(), Number), 20)
    .addHelpText("after", AFTER_HELP);
  placeOptions(command);
  jsonOption(command, "a line of JSON for each job");
  command.action(async (flags: ListFlags) => end(await list(flags)));
}

async function list(flags: ListFlags): Promise<number> {
  try {
    const statuses = await read(flags);
    if (flags.json) for (const status of statuses) printJson(statusJson(status));
    else console.log(statuses.length > 0 ? jobTable(statuses) : "There are no jobs.");
  } catch (error) {
    if (!(error instanceof NothingThereError)) throw error;
    if (!flags.json) console.log(`There are no jobs: ${error.message}.`);
  }
  return EXIT.ok;
}

async function read(flags: ListFlags): Promise<JobStatus[]> {
  const backend = await openBackend(flags, { kind: "read" });
  try {
    const { listJobs } = await import("../../shared/records/job-record.ts");
    const { statusOf } = await import("../job/job-status.ts");
    const jobs = await listJobs(flags.limit);
    return await Promise.all(jobs.map((job) => statusOf(job, backend)));
  } finally {
    await backend.close();
  }
}
