/** `bench/RESULTS.md`: the figures with what is needed to make them again. */
import { writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import packageJson from "../package.json" with { type: "json" };
import { type BuildFigures, oldBuildTable } from "./against/old-build.ts";
import { type TableFigures, tablesTable } from "./against/tables.ts";
import { SMALL_JOB } from "./job.ts";
import { type LambdaStart, lambdaStartTable } from "./lambda-start.ts";
import type { Measurement } from "./measure/meter.ts";
import { type SeedFigures, seedText } from "./simulation.ts";
import { type BenchRow, seenIdsTable, stepsTable } from "./tables.ts";

/** All that was measured. `oldBuild`: null where the clone has no such commit. */
interface Figures {
  rows: BenchRow[];
  tables: TableFigures[];
  oldBuild: BuildFigures[] | null;
  ids: Measurement | null;
  starts: LambdaStart[];
  seeds: SeedFigures;
}

/** Writes the file. `repeat`: runs of a job of up to 100,000 items. */
export function writeResults({ rows, tables, oldBuild, ids, starts, seeds }: Figures, repeat: number): void {
  const dependencies = { ...packageJson.dependencies, ...packageJson.devDependencies };
  const versions = ["@aws-sdk/client-s3", "zod"] as const;
  writeFileSync(
    join(import.meta.dirname, "RESULTS.md"),
    `# What the steps cost

Made by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}: node ${process.version}, ${cpus().length} cores (${cpus()[0]?.model.trim()}),
${Math.round(totalmem() / 1e9)} GB, Linux ${release()}; ${versions.map((name) => `${name} ${dependencies[name]}`).join(", ")}. Write nothing here by hand.

Each step is the deployed handler in a process of its own; S3, DynamoDB and the provider (the sandbox) are other
processes on loopback, and their cost is not counted. **CPU** is user and system time of all threads of the step's process,
from the call of the handler (a warm Lambda) to its end. All run with the options
of their Lambdas (\`infra/lambdas/node-options.ts\`).

The **floor** is measured just before the step, in the same run. It is a program of a few lines that reads the same bytes
from the same place, splits them into lines, \`JSON.parse\`s each and writes the bytes back to S3. Its bytes are the input
(prepare), the provider's result files (collect) or the results (finalize). For submit it is a bare pipe from S3 to an
HTTP server.

${repeat === 1 ? "Each job was run once (`--repeat 1`), on a machine that others shared." : `Jobs of up to 100,000 items are run ${repeat} times and the median is given.`} Peak RSS is the highest, and counts node itself
(about 50 MB). A line in 1,000 repeats a \`custom_id\`, so that there are invalid lines.

Aims: prepare ≤ 0.8, submit ≤ 1.2, collect ≤ 1.1; the cost of an item as flat at 1,000,000 as at 50,000; every peak at most 192 MB.
The job of ${SMALL_JOB} items has no aim.
${missed(rows)}

What keeps a step above its aim:

- **prepare** of few short items: a part is paid once in a process, most of it for compiling. The row of 1,000,000 shows the rest.
- **submit** of small batches: two records and the calls that upload and create stand beside the pipe. The row of ${SMALL_JOB} items has what
  each step pays once for a batch.
- **collect** writes twice what it reads: each answer goes to the disk, to be put in order, and back. Its row has the text beside the
  provider's own bytes, and each answer's fields are read. A program that does only that is its floor with the output.
- **peaks**: node, the SDKs and their compiled code are there before the work begins: see the row of ${SMALL_JOB} items, and the floor's
  own peak. To them come two parts of 5 MB of each file that is written, and the set of ids, 25 MB of a million.
  In some runs of 100,000 items, V8 moves what preparing makes to its old generation, and marks that ten times in place of once
  (\`--trace-gc\`). Such a run peaks at 230 MB and takes 1.3 s of CPU more. The others peak at 153 to 166 MB.

${stepsTable(rows)}
${
  tables.length > 0
    ? `A table with a prompt to request files (\`nightshift run FILE.csv --prompt …\`): rows of 1 KB in four columns, all carried. Beside it, in the
same run, the library that reads such a file, alone: it makes the rows and drops them. Aims: CSV and Parquet ≤ 1.5 × the library,
peaks at most 256 MB. ${missedTables(tables)}

hyparquet alone writes nothing. We write two bytes for each that it reads, as a request and as what is carried to the results. The
column "and the same output" is the floor of that: hyparquet, \`JSON.stringify\` and the SDK's upload alone.

${tablesTable(tables)}
`
    : ""
}${
  oldBuild
    ? `Lines of JSON beside the build of the first week (commit bd96561), which knew no tables, no schemas and no report, in alternation.
Aim: at most 1.0 for each. ${oldBuild.every(({ cpu, oldCpu }) => cpu <= oldCpu) ? "Met." : "Not met where it is above: collecting counts each answer for the report, and keeps the provider's bytes."}

${oldBuildTable(oldBuild)}
`
    : ""
}${ids ? `Duplicates are found by a set of all \`custom_id\`s (aim: ten million within 512 MB):\n\n${seenIdsTable(ids)}\n` : ""}The start of each Lambda, medians of 11 runs in turns: its bundle, the files that a start reads, and the time to import the handler in
node with the Lambda's options. Node's own start is not counted. [LAMBDA-INIT.md](LAMBDA-INIT.md) has inits in AWS's own
runtime client, beside those of the first week's build.

${lambdaStartTable(starts)}
${seedText(seeds)}`,
  );
}

const AIMS = { prepare: 0.8, submit: 1.2, collect: 1.1, finalize: Number.POSITIVE_INFINITY };
const PEAK_MB = 192;
const TABLE_AIM = 1.5;
const TABLE_PEAK_MB = 256;

/** Which of the aims for the steps were not met. */
function missed(rows: BenchRow[]): string {
  return sentence(
    rows.flatMap(({ provider, items, lineBytes, step, cpu, floorCpu, rss }) => {
      if (items === SMALL_JOB) return [];
      const of = `${step} (${provider}, ${items.toLocaleString("en-US")} of ${lineBytes.toLocaleString("en-US")} bytes)`;
      return [
        ...(cpu / floorCpu > AIMS[step] ? [`${of} ${(cpu / floorCpu).toFixed(2)}`] : []),
        ...(rss > PEAK_MB ? [`${of} ${Math.round(rss)} MB`] : []),
      ];
    }),
  );
}

/** Which of the aims for tables were not met. */
function missedTables(tables: TableFigures[]): string {
  return sentence(
    tables.flatMap(({ format, cpu, libraryCpu, rss }) => [
      ...(cpu / libraryCpu > TABLE_AIM ? [`${format} ${(cpu / libraryCpu).toFixed(2)}`] : []),
      ...(rss > TABLE_PEAK_MB ? [`${format} ${Math.round(rss)} MB`] : []),
    ]),
  );
}

function sentence(missed: string[]): string {
  return missed.length === 0 ? "All were met." : `Not met:\n\n${missed.map((one) => `- ${one}`).join("\n")}`;
}
