/** `npm run bench:cost`: what AWS charges for a job of 1,000,000 items, or `--items N`, written to docs/cost.md. */
import { parseArgs } from "node:util";
import { help } from "../help.ts";
import { writeCost } from "./cost-file.ts";
import { countedRun } from "./counted-run.ts";

help(import.meta.filename);
const { values: flags } = parseArgs({ options: { items: { type: "string", default: "1000000" } } });
const items = Number(flags.items);
const runs = { openai: await countedRun("openai", items), anthropic: await countedRun("anthropic", items) };
console.log(JSON.stringify(runs, null, 1));
writeCost(items, runs);
