#!/usr/bin/env node
import { existsSync } from "node:fs";
import module from "node:module";
import { fileURLToPath } from "node:url";
import { oldNode } from "./old-node.js";

const problem = oldNode("the command");
if (problem) {
  console.error(
    `nightshift: ${problem}. To run it without installing one: npx -p node@24 -p nightshift nightshift …`,
  );
  process.exit(2);
}
// Compiled code is kept, without the types of a clone's sources: half of a short command's time. Beside the code, and not in the
// temporary folder, the default, where another user of the machine could put something else.
const cache = fileURLToPath(new URL("../node_modules/.cache/compile", import.meta.url));
module.enableCompileCache?.(cache);
// For the processes that the command starts.
process.env.NODE_COMPILE_CACHE ??= cache;
// A clone has the sources, and runs them as they are.
const source = new URL("../cli/nightshift.ts", import.meta.url);
await import(existsSync(source) ? source.href : new URL("../dist/cli/nightshift.js", import.meta.url).href);
