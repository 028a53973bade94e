#!/usr/bin/env node
/** The nightshift command. */
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { main } from "./main.ts";

// Compiling CDK is a sixth of a short run's CPU. Kept beside the code and not in the temporary folder, the default, where
// another user of the machine could put something else.
enableCompileCache(join(import.meta.dirname, "../node_modules/.cache/compile"));

// A reader that goes away (`| head`) does not end the job: its outputs are files.
process.stdout.on("error", () => {});

// Jobs of others that ran in this process are another's by now: nothing is waited for.
process.exit(await main(process.argv.slice(2)));
