/** `bench/RESULTS.md`: the figures with what is needed to make them again. */
import { writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { NODE_OPTIONS } from "../infra/lambdas/node-options.ts";
import packageJson from "../package.json" with { type: "json" };
import type { Measurement } from "./measure/meter.ts";
import { type BenchRow, seenIdsTable, stepsTable } from "./tables.ts";

/** Writes the file. `repeat`: runs of a job of up to 100,000 items. */
export function writeResults(rows: BenchRow[], ids: Measurement | null, repeat: number): void {
  const { dependencies } = packageJson;
  const versions = ["@aws-sdk/client-s3", "openai", "@anthropic-ai/sdk", "zod"] as const;
  writeFileSync(
    join(import.meta.dirname, "RESULTS.md"),
    `# What the steps cost

Made by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}: node ${process.version}, ${cpus().length} cores (${cpus()[0]?.model.trim()}),
${Math.round(totalmem() / 1e9)} GB, Linux ${release()}; ${versions.map((name) => `${name} ${dependencies[name]}`).join(", ")}. Write nothing here by hand.

Each step is the deployed handler in a process of its own; S3, DynamoDB and the provider (the sandbox) are other
processes on loopback, and their cost is not counted. **CPU** is user and system time of all threads of the step's process,
from the call of the handler (a warm Lambda) to its end. All run with the Lambdas' \`NODE_OPTIONS\` (\`${NODE_OPTIONS}\`).

The **floor** is measured just before the step, in the same run. It is a program of a few lines that reads the same bytes
from the same place, splits them into lines, \`JSON.parse\`s each and writes the bytes back to S3. Its bytes are the input
(prepare), the provider's result files (collect) or the results (finalize). For submit it is a bare pipe from S3 to an
HTTP server.

${repeat === 1 ? "Each job was run once (`--repeat 1`), on a machine that others shared." : `Jobs of up to 100,000 items are run ${repeat} times and the median is given.`} Peak RSS is the highest, and counts node itself
(about 50 MB). A line in 1,000 repeats a \`custom_id\`, so that there are invalid lines.

Aims: prepare ≤ 0.8, submit ≤ 1.2, collect ≤ 1.1; the cost of an item as flat at 1,000,000 as at 50,000; every peak at most 192 MB.

What was not met, and why:

- **prepare** of 50,000 short items: a third of it is paid once, most for compiling. Each further item costs 0.8 of the floor's.
- **collect** writes twice what it reads: each answer goes to the disk, to be put in order, and back. Its row has the text beside the
  provider's own bytes, and is made of the parsed answer.
- **peaks** over 192 MB: V8's heap and the buffers are 110 MB; the rest is node itself and memory that the allocator does not give back.

${stepsTable(rows)}
${ids ? `Duplicates are found by a set of all \`custom_id\`s (aim: ten million within 512 MB):\n\n${seenIdsTable(ids)}` : ""}`,
  );
}
