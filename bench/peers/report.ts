/** `bench/PEERS.md`: the tables, with what is needed to make them again. */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import { join } from "node:path";
import { median, table } from "../tables.ts";
import { FAULTS, type PeerFault } from "./faults.ts";
import type { PeerRun } from "./run.ts";
import type { SmallCommand } from "./small-commands.ts";
import { AI_SDK_GUIDE, type Tool } from "./tools.ts";

/** One run of a tool; `run` is null when the tool's provider has no such fault. */
export interface Cell {
  tool: Tool;
  run: PeerRun | null;
}

/** A row of the table of faults. */
export interface FaultRow {
  fault: PeerFault;
  cells: Cell[];
}

/** Tools on one input, one after the other. */
export interface SpeedTable {
  items: number;
  rows: { tool: Tool; runs: PeerRun[] }[];
}

/** What is written. */
export interface Report {
  speed: SpeedTable[];
  small: SmallCommand[];
  faults: FaultRow[];
}

/** Of an error: a line of the page has at most 140. */
const MOST_CHARACTERS = 80;

const number = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** One word for what became of the items, from the counts alone. */
export function wordOf({ items, answered, failed, lost, provider }: PeerRun): string {
  if (lost === 0) return answered === items ? "answered" : failed === items ? "reported" : "complete";
  if (lost < items) return "partial";
  return provider.requests_billed > 0 ? "wasted" : "nothing";
}

/** Of several runs: medians, and the highest peak. */
function figuresOf(runs: PeerRun[]) {
  return {
    wall: median(runs.map(({ wall }) => wall)),
    cpu: median(runs.map(({ usage }) => usage?.cpu ?? 0)),
    rss: Math.max(...runs.map(({ usage }) => usage?.rss ?? 0)),
  };
}

function speedTable({ rows, items }: SpeedTable, first: SpeedTable | undefined): string {
  const peer = rows.find(({ tool }) => tool === AI_SDK_GUIDE);
  const lines = rows.map(({ tool, runs }) => {
    const [one] = runs;
    const { wall, cpu, rss } = figuresOf(runs);
    const answered = `${number.format(one?.answered ?? 0)} of ${number.format(items)}`;
    if (runs.some(({ usage }) => usage === null)) return [tool.name, answered, `ended by ${one?.exit}`];
    const beside = peer && figuresOf(peer.runs);
    const before = first?.rows.find((row) => row.tool.name === tool.name);
    const anItem = before && wall / items / (figuresOf(before.runs).wall / (first?.items ?? 1));
    return [
      ...[tool.name, answered, wall.toFixed(1), cpu.toFixed(2), number.format(rss)],
      beside ? (cpu / beside.cpu).toFixed(2) : "",
      beside ? (rss / beside.rss).toFixed(2) : "",
      anItem ? anItem.toFixed(2) : "",
    ];
  });
  const head = ["tool", "items answered", "wall s", "CPU s", "peak RSS MB"];
  const anItem = `wall an item ÷ that of ${number.format(first?.items ?? 0)}`;
  return table([...head, "CPU ÷ AI SDK", "peak ÷ AI SDK", anItem], lines);
}

function speedSections(speed: Report["speed"]): string {
  return speed
    .map((one) => `## ${number.format(one.items)} items of 1 KB\n\n${speedTable(one, speed[0])}`)
    .join("\n");
}

function smallTable(small: SmallCommand[]): string {
  const rows = small.map(({ name, cpu, ratio }) => [
    `\`${name}\``,
    (cpu * 1000).toFixed(0),
    ratio.toFixed(1),
  ]);
  return table(["command", "CPU ms", "÷ `node -e 0`"], rows);
}

function outcomeOf(run: PeerRun): string {
  const counts = [run.answered, run.failed, run.lost].map((count) => number.format(count));
  return `${wordOf(run)} ${counts.join("/")}`;
}

const spentOf = ({ provider }: PeerRun) =>
  `${provider.batches_created} / ${number.format(provider.requests_billed)}`;

function faultTable(rows: FaultRow[], show: (run: PeerRun) => string): string {
  const head = ["fault", ...(rows[0]?.cells.map(({ tool }) => tool.name) ?? [])];
  return table(
    head,
    rows.map(({ fault, cells }) => [
      fault.title,
      ...cells.map(({ run }) => (run ? show(run) : "no such fault")),
    ]),
  );
}

function errorList(rows: FaultRow[]): string {
  const lines = rows.flatMap(({ fault, cells }) => {
    const said = cells.flatMap(({ tool, run }) =>
      run?.error
        ? [
            `  - ${tool.name}, exit ${run.exit}: \`${run.error.replaceAll("`", "'").slice(0, MOST_CHARACTERS)}\``,
          ]
        : [],
    );
    return said.length > 0 ? [`- ${fault.title}:`, ...said] : [];
  });
  return `${lines.join("\n")}\n`;
}

function versions(): string {
  const lock = JSON.parse(readFileSync(join(import.meta.dirname, "package.json"), "utf8"));
  return Object.entries(lock.dependencies)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ");
}

/** Writes the file. */
export function writeReport({ speed, small, faults }: Report): void {
  const runs = speed[0]?.rows[0]?.runs.length ?? 0;
  writeFileSync(
    join(import.meta.dirname, "..", "PEERS.md"),
    `# Beside a peer

Made by \`npm run bench:peers${runs === 3 ? "" : ` -- --repeat ${runs}`}\` on ${new Date().toISOString().slice(0, 10)}: node ${process.version}, ${cpus().length} cores (${cpus()[0]?.model.trim()}),
${Math.round(totalmem() / 1e9)} GB, Linux ${release()}, load ${loadavg()[0]?.toFixed(1)} at the end; ${versions()}. Write nothing here by hand.

The peer is the **Vercel AI SDK**'s batch API (\`experimental_startBatch\`, \`experimental_getBatchStatus\`,
\`experimental_getBatchResults\`), used as its own guide has it in \`ai/docs/03-ai-sdk-core/42-batch.mdx\`: see
[peers/ai-sdk.mjs](peers/ai-sdk.mjs). It calls itself experimental. The guide's program throws when a batch's status is
\`failed\`; a second column reads the results even so. Nightshift is the real \`nightshift run\`, with its state machine, files and
database. It is the package as npm installs it; one row has the command of a clone, which runs the TypeScript sources. Its compile cache
is filled. Both poll every second. The provider is the sandbox ([local/sandbox](../local/sandbox)), in a process of its own, new for
every run; both send the same prompts and settings to OpenAI's Responses API. At Anthropic only Nightshift is run.

CPU and memory are those of the tool's own process, its start included; the provider's are not counted. A batch takes the sandbox a
second at least. ${runs > 1 ? `Medians of ${runs} runs in turns; peak RSS is the highest. 1,000 items are run ${3 * runs} times, a million once.` : "One run each."}
The AI SDK makes one batch of everything, so more than 50,000 items are Nightshift's alone.

Aims: 45,000 items: CPU and peak at most half of the AI SDK's; 1,000 items: CPU at most the AI SDK's; a million: at most 300 MB, and
1.1 times the time an item of 45,000.

${speedSections(speed)}
The AI SDK does less: it holds the requests in one process's memory and keeps no state on disk, and its results are in the provider's
order. Nightshift starts an engine, stores the requests, the intent and the results, and puts the results in the input's order.

## Small commands

Medians of 11 runs in turns, of the installed package. Aims: \`--help\` at most 3 times \`node -e 0\`, \`list\` of 1,000 jobs 8 times.

${smallTable(small)}
## Faults

Each job has 20 items. Only "more items than a batch may have" has 60,000 (OpenAI) and 110,000 (Anthropic). The first table has
one word, and the items **answered/reported as failed/lost**. A lost item has no result at all, or a success without the answer.
The word comes from the counts:

- **answered**: every item has its answer. **complete**: every item has its answer or an error. **reported**: every item has an error.
- **partial**: some items are lost. **nothing**: no item has a result, and nothing was billed.
- **wasted**: no item has a result, and the provider has answered (and bills) some of them.

A run is one call of the program: what a user's own retry around it would do is not counted. The four tools of a row run at the
same time, each with a sandbox of its own.

${faultTable(faults, outcomeOf)}
What it took, **batches created / requests billed**:

${faultTable(faults, spentOf)}
### What the programs said

${errorList(faults)}
## Faults injected

By [local/sandbox/faults.ts](../local/sandbox/faults.ts), as [peers/faults.ts](peers/faults.ts) says; ${Object.keys(FAULTS).length - 1} of them.
`,
  );
}
