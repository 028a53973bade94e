/** `npm run bench:init`: each Lambda's bundle and init in AWS's own runtime client, beside the first week's build. Writes LAMBDA-INIT.md. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { COMMIT, unpack } from "../against/old-build.ts";
import { help } from "../help.ts";
import { median, table } from "../tables.ts";
import { bytesOf, emptyIn, oldIn, oursIn } from "./builds.ts";
import { type Init, measureInit } from "./init.ts";
import { runtimeClient } from "./runtime-client.ts";

const RUNS = 11;
const LAMBDAS = [
  ...["prepare-job", "submit-batch", "poll-status", "collect-results", "finalize-job"],
  ...["record-failure", "sweep-jobs", "receive-webhook", "send-webhook"],
];

help(import.meta.filename);
const dir = mkdtempSync(join(tmpdir(), "nightshift-init-"));
try {
  const client = runtimeClient();
  if ("missing" in client) console.log(`No init is measured: ${client.missing}`);
  else if (!unpack(dir)) console.log(`No init is measured: commit ${COMMIT} is not in this clone`);
  else {
    const builds = [await oursIn(join(dir, "ours")), oldIn(join(dir, "old"), dir)];
    const empty = emptyIn(join(dir, "empty"));
    const folders = [empty, ...LAMBDAS.flatMap((name) => builds.map((build) => join(build, name)))];
    const runs = new Map(folders.map((folder) => [folder, [] as Init[]]));
    for (let n = 0; n < RUNS; n++)
      for (const [folder, inits] of runs) inits.push(await measureInit(client.program, folder));
    const of = (folder: string, what: keyof Init) => median((runs.get(folder) ?? []).map((one) => one[what]));
    const rows = LAMBDAS.map((name) => {
      const [ours, old] = builds.map((build) => join(build, name)) as [string, string];
      const figures = [bytesOf, (one: string) => of(one, "cpu"), (one: string) => of(one, "wall")];
      return [
        name,
        ...figures.flatMap((figure, at) => [
          ...[ours, old].map((one) => (at === 0 ? figure(one) / 1000 : figure(one)).toFixed(0)),
          (figure(ours) / figure(old)).toFixed(2),
        ]),
      ];
    });
    const sides = (what: string) => [what, `of ${COMMIT}`, "ratio"];
    const figures = table(
      ["Lambda", ...sides("bundle kB"), ...sides("init CPU ms"), ...sides("init ms")],
      rows,
    );
    writeFileSync(
      join(import.meta.dirname, "../LAMBDA-INIT.md"),
      page(figures, of(empty, "cpu"), of(empty, "wall")),
    );
    console.log(figures);
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}

function page(figures: string, emptyCpu: number, emptyWall: number): string {
  return `# How Lambdas start

Made by \`npm run bench:init\` on ${new Date().toISOString().slice(0, 10)}: node ${process.version}, medians of ${RUNS} starts in turns. Write nothing here by hand.

Each Lambda of a stack with OpenAI and Anthropic starts in AWS's own runtime client (\`aws-lambda-ric\` 3.3.0), with a local server in the
place of Lambda's. Its init lasts from the start of the process until it asks for its first invocation. Beside it is the build of the
first week (commit ${COMMIT}), which had these two providers alone, and neither tables, schemas nor reports. Wall times are those of a machine
that others may share. Aims: at most half of both.

${figures}
An empty Lambda takes ${emptyCpu.toFixed(0)} ms of CPU and ${emptyWall.toFixed(0)} ms in all: node and the client, the floor of each init.

What keeps a Lambda above the aim: **prepare-job** carries the tokenizer's table (834 kB, read only for jobs with a cap), YAML,
schemas and tables. **finalize-job** and **record-failure** carry the report's page (292 kB, read when a report is written),
finalize-job also the writer of Parquet. None of these is read at a start. **sweep-jobs** needs the client of Step Functions,
**send-webhook** that of secrets, **receive-webhook** both and the table's.
`;
}
