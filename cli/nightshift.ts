#!/usr/bin/env node
/** The nightshift command. */
import { keepHeapSmall } from "../local/heap-size.ts";
import { main } from "./main.ts";

// Prompts and answers are for this user alone, whatever makes a file or a folder.
process.umask(0o077);
keepHeapSmall();

// A reader that goes away (`| head`) does not end the job: its outputs are files.
process.stdout.on("error", () => {});

const code = await main(process.argv.slice(2));
// A pipe takes 64 KB at once, and what is behind it would go with the process.
for (const stream of [process.stdout, process.stderr])
  await new Promise<void>((written) => stream.write("", () => written()));
// Jobs of others that ran in this process are another's by now: nothing is waited for.
process.exit(code);
