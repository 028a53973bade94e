#!/usr/bin/env node
/** The nightshift command. */
import { main } from "./main.ts";

// A reader that goes away (`| head`) does not end the job: its outputs are files.
process.stdout.on("error", () => {});

process.exitCode = await main(process.argv.slice(2));
