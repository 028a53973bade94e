#!/usr/bin/env node
// Plain JavaScript: an old Node must get as far as the message.
import { existsSync } from "node:fs";

const NEEDED = 22;
if (Number.parseInt(process.versions.node, 10) < NEEDED) {
  console.error(
    `nightshift: this is Node ${process.version}, and the command needs Node ${NEEDED} or newer (https://nodejs.org). ` +
      "To run it without installing one: npx -p node@24 -p nightshift nightshift …",
  );
  process.exit(2);
}
// A clone has the sources, and runs them as they are.
const source = new URL("../cli/nightshift.ts", import.meta.url);
await import(existsSync(source) ? source.href : new URL("../dist/cli/nightshift.js", import.meta.url).href);
