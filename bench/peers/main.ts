/**
 * `npm run bench:peers`: Nightshift beside the Vercel AI SDK's batches. See PEERS.md.
 * `--items N` and `--repeat N` set the size and the runs of the first table; `--only speed|FAULT` prints without writing.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { FAULTS } from "./faults.ts";
import { type Cell, type FaultRow, type Report, wordOf, writeReport } from "./report.ts";
import { type PeerRun, runTool } from "./run.ts";
import { AI_SDK_CAREFUL, AI_SDK_GUIDE, NIGHTSHIFT_ANTHROPIC, NIGHTSHIFT_OPENAI, type Tool } from "./tools.ts";

const { values: flags } = parseArgs({
  options: {
    items: { type: "string", default: "45000" },
    repeat: { type: "string", default: "3" },
    only: { type: "string" },
  },
});

if (!existsSync(join(import.meta.dirname, "node_modules"))) {
  const install = ["ci", "--prefix", import.meta.dirname, "--no-audit", "--no-fund"];
  const { status } = spawnSync("npm", install, { stdio: "inherit" });
  if (status !== 0) throw new Error("the peers could not be installed");
}

function tell(tool: Tool, what: string, run: PeerRun): PeerRun {
  console.log(JSON.stringify({ tool: tool.name, what, word: wordOf(run), ...run }));
  return run;
}

async function speed(): Promise<Report["speed"]> {
  const rows = [AI_SDK_GUIDE, NIGHTSHIFT_OPENAI, NIGHTSHIFT_ANTHROPIC].map((tool) => ({
    tool,
    runs: [] as PeerRun[],
  }));
  const input = { items: Number(flags.items), lineBytes: 1000 };
  // In turns, so that a busy minute of the machine is everyone's.
  for (let n = 0; n < Number(flags.repeat); n++) {
    for (const { tool, runs } of rows) runs.push(tell(tool, "speed", await runTool(tool, "none", input)));
  }
  return rows;
}

async function faultRow(name: string): Promise<FaultRow> {
  const fault = FAULTS[name];
  if (!fault) throw new Error(`--only takes speed or one of ${Object.keys(FAULTS).join(", ")}`);
  const tools = [AI_SDK_GUIDE, AI_SDK_CAREFUL, NIGHTSHIFT_OPENAI, NIGHTSHIFT_ANTHROPIC];
  // At once: nothing is timed here, and each has a sandbox of its own.
  const cells = await Promise.all(
    tools.map(async (tool): Promise<Cell> => {
      if (fault.not?.includes(tool.provider)) return { tool, run: null };
      return { tool, run: tell(tool, name, await runTool(tool, name, fault.input[tool.provider])) };
    }),
  );
  return { fault, cells };
}

if (flags.only === "speed") await speed();
else if (flags.only !== undefined) await faultRow(flags.only);
else {
  const report: Report = { speed: await speed(), faults: [] };
  for (const name of Object.keys(FAULTS)) report.faults.push(await faultRow(name));
  writeReport(report);
}
