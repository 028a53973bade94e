/** `nightshift view`: jobs and their answers in a browser. */
import * as z from "zod";
import { setting } from "../arguments.ts";
import type { DeclareCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { type PlaceFlags, placeOptions } from "../options.ts";
import { print } from "../output/safe-text.ts";

interface ViewFlags extends PlaceFlags {
  open?: boolean;
  port: number;
}

const AFTER_HELP = `
The page shows all jobs, the progress of one, and its answers: page by page, searched, beside another job's. It is served
on this machine alone, under an address that nobody can guess. It ends with Ctrl-C.

Examples:
  $ nightshift view --open
  $ nightshift view data-0123456789ab
  $ nightshift view data-01 --stack Nightshift`;

export const declareView: DeclareCommand = (bare, end) => {
  const command = bare
    .argument("[job]", "the job's id, or its beginning")
    .option("--open", "open the browser")
    .option("--port <number>", "the port; any by default", setting(z.int().min(0).max(65_535), Number), 0)
    .addHelpText("after", AFTER_HELP);
  placeOptions(command);
  command.action(async (id: string | undefined, flags: ViewFlags) => end(await view(id, flags)));
};

async function view(id: string | undefined, flags: ViewFlags): Promise<number> {
  const { Jobs } = await import("../view/jobs.ts");
  const { startViewer } = await import("../view/server.ts");
  const { openBrowser, untilInterrupted } = await import("../view/open-browser.ts");
  const jobs = new Jobs(flags);
  const job_id = id && (await jobs.with(id, async ({ job }) => job.job_id));
  const viewer = await startViewer(jobs, flags.port);
  const address = job_id ? `${viewer.url}#${encodeURIComponent(job_id)}` : viewer.url;
  print(`The viewer is at ${address}\nCtrl-C ends it.`);
  if (flags.open) openBrowser(address);
  await untilInterrupted();
  await viewer.close();
  return EXIT.ok;
}
