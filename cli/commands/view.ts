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
  const { openViewer, untilInterrupted } = await import("../view/open-viewer.ts");
  const viewer = await openViewer(flags, { ...flags, id });
  print(`The viewer is at ${viewer.url}\nCtrl-C ends it.`);
  await untilInterrupted();
  await viewer.close();
  return EXIT.ok;
}
