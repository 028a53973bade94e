/**
 * `npm run bench:peers`: Nightshift beside the Vercel AI SDK's batches. See PEERS.md.
 * `--items N` (may be given several times) and `--repeat N` set the sizes and the runs of the first tables; `--only speed|small|FAULT`
 * prints without writing.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { help } from "../help.ts";
import { FAULTS } from "./faults.ts";
import { installPackage } from "./package.ts";
import { type Cell, type FaultRow, type Report, type SpeedTable, wordOf, writeReport } from "./report.ts";
import { type PeerRun, runTool } from "./run.ts";
import { measureSmallCommands } from "./small-commands.ts";
import { AI_SDK_CAREFUL, AI_SDK_GUIDE, CLONE, nightshift, type Tool } from "./tools.ts";

help(import.meta.filename);
const { values: flags } = parseArgs({
  options: {
    items: { type: "string", multiple: true, default: ["45000", "1000", "1000000"] },
    repeat: { type: "string", default: "3" },
    only: { type: "string" },
  },
});

/** A run of so few items takes a second or two, and differs by a tenth from one to the next: it is run three times as often. */
const FEW_ITEMS = 1_000;
/** The AI SDK makes one batch of everything, and OpenAI takes no more items in one. */
const MOST_OF_A_BATCH = 50_000;

if (!existsSync(join(import.meta.dirname, "node_modules"))) {
  const install = ["ci", "--prefix", import.meta.dirname, "--no-audit", "--no-fund"];
  const { status } = spawnSync("npm", install, { stdio: "inherit" });
  if (status !== 0) throw new Error("the peers could not be installed");
}
const installed = installPackage();
const OPENAI = nightshift("openai", installed.command);
const ANTHROPIC = nightshift("anthropic", installed.command);

function tell(tool: Tool, what: string, run: PeerRun): PeerRun {
  console.log(JSON.stringify({ tool: tool.name, what, word: wordOf(run), ...run }));
  return run;
}

async function speed(items: number): Promise<SpeedTable> {
  const small = [AI_SDK_GUIDE, OPENAI, nightshift("openai", CLONE, " in a clone"), ANTHROPIC];
  const fits = items <= MOST_OF_A_BATCH;
  const rows = (fits ? small : [OPENAI]).map((tool) => ({ tool, runs: [] as PeerRun[] }));
  // In turns, so that a busy minute of the machine is everyone's.
  const repeats = Number(flags.repeat) * (items <= FEW_ITEMS ? 3 : 1);
  for (let n = 0; n < (fits ? repeats : 1); n++) {
    for (const { tool, runs } of rows)
      runs.push(tell(tool, "speed", await runTool(tool, "none", { items, lineBytes: 1000 })));
  }
  return { items, rows };
}

async function faultRow(name: string): Promise<FaultRow> {
  const fault = FAULTS[name];
  if (!fault) throw new Error(`--only takes speed, small or one of ${Object.keys(FAULTS).join(", ")}`);
  const tools = [AI_SDK_GUIDE, AI_SDK_CAREFUL, OPENAI, ANTHROPIC];
  // At once: nothing is timed here, and each has a sandbox of its own.
  const cells = await Promise.all(
    tools.map(async (tool): Promise<Cell> => {
      if (fault.not?.includes(tool.provider)) return { tool, run: null };
      return { tool, run: tell(tool, name, await runTool(tool, name, fault.input[tool.provider])) };
    }),
  );
  return { fault, cells };
}

async function speedTables(): Promise<SpeedTable[]> {
  const tables: SpeedTable[] = [];
  for (const items of flags.items) tables.push(await speed(Number(items)));
  return tables;
}

try {
  // Fills the compile cache, as the first run of a command does.
  await runTool(OPENAI, "none", { items: 20, lineBytes: 120 });
  if (flags.only === "speed") await speedTables();
  else if (flags.only === "small") console.log(await measureSmallCommands(installed.command));
  else if (flags.only !== undefined) await faultRow(flags.only);
  else {
    const small = await measureSmallCommands(installed.command);
    const report: Report = { speed: await speedTables(), small, faults: [] };
    for (const name of Object.keys(FAULTS)) report.faults.push(await faultRow(name));
    writeReport(report);
  }
} finally {
  installed.remove();
}
