/** `bench/PEERS.md`: the tables, with what is needed to make them again. */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import { join } from "node:path";
import { table } from "../tables.ts";
import { FAULTS, type PeerFault } from "./faults.ts";
import type { PeerRun } from "./run.ts";
import type { Tool } from "./tools.ts";

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

/** What is written. */
export interface Report {
  speed: { tool: Tool; runs: PeerRun[] }[];
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

function speedTable(speed: Report["speed"]): string {
  const rows = speed.map(({ tool, runs }) => {
    const median = (pick: (run: PeerRun) => number) =>
      runs.map(pick).sort((a, b) => a - b)[Math.floor(runs.length / 2)] ?? 0;
    const one = runs[0];
    const measured = runs.every(({ usage }) => usage !== null);
    return [
      tool.name,
      `${number.format(one?.answered ?? 0)} of ${number.format(one?.items ?? 0)}`,
      median(({ wall }) => wall).toFixed(1),
      measured ? median(({ usage }) => usage?.cpu ?? 0).toFixed(1) : `ended by ${one?.exit}`,
      measured ? number.format(Math.max(...runs.map(({ usage }) => usage?.rss ?? 0))) : "",
    ];
  });
  return table(["tool", "items answered", "wall s", "CPU s", "peak RSS MB"], rows);
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
export function writeReport({ speed, faults }: Report): void {
  const items = speed[0]?.runs[0]?.items ?? 0;
  const runs = speed[0]?.runs.length ?? 0;
  writeFileSync(
    join(import.meta.dirname, "..", "PEERS.md"),
    `# Beside a peer

Made by \`npm run bench:peers${runs === 3 ? "" : ` -- --repeat ${runs}`}\` on ${new Date().toISOString().slice(0, 10)}: node ${process.version}, ${cpus().length} cores (${cpus()[0]?.model.trim()}),
${Math.round(totalmem() / 1e9)} GB, Linux ${release()}, load ${loadavg()[0]?.toFixed(1)} at the end; ${versions()}. Write nothing here by hand.

The peer is the **Vercel AI SDK**'s batch API (\`experimental_startBatch\`, \`experimental_getBatchStatus\`,
\`experimental_getBatchResults\`), used as its own guide has it in \`ai/docs/03-ai-sdk-core/42-batch.mdx\`: see
[peers/ai-sdk.mjs](peers/ai-sdk.mjs). It calls itself experimental. The guide's program throws when a batch's status is
\`failed\`; a second column reads the results even so. Nightshift is the real \`nightshift run\`: state machine, S3 and
DynamoDB on loopback included. Both poll every second. The provider is the sandbox ([local/sandbox](../local/sandbox)), in
a process of its own, new for every run; both send the same prompts and settings to OpenAI's Responses API.
At Anthropic only Nightshift is run.

## ${number.format(items)} items of 1 KB

CPU and memory are those of the tool's own process, its start included; the provider's are not counted. A batch takes the
sandbox a second at least. ${runs > 1 ? `Medians of ${runs} runs; peak RSS is the highest.` : "One run each."}

${speedTable(speed)}
The AI SDK does less: it holds the requests in one process's memory and keeps no state on disk, and its results are in the provider's
order. Nightshift starts an engine, stores the requests, the intent and the results, and puts the results in the input's order.

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
