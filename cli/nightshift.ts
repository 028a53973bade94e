#!/usr/bin/env node
/** The nightshift command. */
import { main } from "./main.ts";

// A reader that goes away (`| head`) does not end the job: its outputs are files.
process.stdout.on("error", () => {});

// Jobs of others that ran in this process are another's by now: nothing is waited for.
process.exit(await main(process.argv.slice(2)));
