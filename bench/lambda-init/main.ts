/** `npm run bench:init`: each Lambda's bundle and init in AWS's own runtime client, beside the first week's build. Writes LAMBDA-INIT.md. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { COMMIT, unpack } from "../against/old-build.ts";
import { help } from "../help.ts";
import { median, table } from "../tables.ts";
import { type Build, bytesOf, emptyIn, oldBuild, ourBuild } from "./builds.ts";
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
    const builds = [await ourBuild(join(dir, "ours")), oldBuild(join(dir, "old"), dir)] as const;
    const empty = emptyIn(join(dir, "empty"));
    const folderIn = (build: Build, name: string) => build.get(name)?.folder ?? "";
    const folders = [empty, ...LAMBDAS.flatMap((name) => builds.map((build) => folderIn(build, name)))];
    const runs = new Map(folders.map((folder) => [folder, [] as Init[]]));
    for (let n = 0; n < RUNS; n++)
      for (const [folder, inits] of runs) inits.push(await measureInit(client.program, folder));
    const of = (folder: string, what: keyof Init) => median((runs.get(folder) ?? []).map((one) => one[what]));
    const rows = LAMBDAS.map((name) => {
      const [ours, old] = [folderIn(builds[0], name), folderIn(builds[1], name)];
      const figures = [bytesOf, (one: string) => of(one, "cpu"), (one: string) => of(one, "wall")];
      const cells = figures.flatMap((figure, at) => [
        ...[ours, old].map((one) => (at === 0 ? kilo(figure(one)) : figure(one).toFixed(0))),
        (figure(ours) / figure(old)).toFixed(2),
      ]);
      const added = sum(newPackages(builds, name).map(([, bytes]) => bytes));
      return [
        name,
        ...cells.slice(0, 3),
        kilo(added),
        ((bytesOf(ours) - added) / bytesOf(old)).toFixed(2),
        ...cells.slice(3),
      ];
    });
    const sides = (what: string) => [what, `of ${COMMIT}`, "ratio"];
    const figures = table(
      [
        "Lambda",
        ...sides("bundle kB"),
        "of it new kB",
        "ratio without",
        ...sides("init CPU ms"),
        ...sides("init ms"),
      ],
      rows,
    );
    writeFileSync(
      join(import.meta.dirname, "../LAMBDA-INIT.md"),
      page({ figures, cpu: of(empty, "cpu"), wall: of(empty, "wall"), above: aboveAim(builds) }),
    );
    console.log(figures);
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}

/** What a Lambda carries of packages that the old build's has none of, the largest first. */
function newPackages([ours, old]: readonly [Build, Build], name: string): [string, number][] {
  const known = old.get(name)?.packages;
  const added = [...(ours.get(name)?.packages ?? [])].filter(([one]) => one !== "ours" && !known?.has(one));
  return added.sort(([, a], [, b]) => b - a);
}

/** A line for each bundle of more than half of the old one's bytes: what is new in it. */
function aboveAim(builds: readonly [Build, Build]): string {
  const lines = LAMBDAS.flatMap((name) => {
    const [ours = 0, old = 0] = builds.map((build) => bytesOf(build.get(name)?.folder ?? ""));
    const large = newPackages(builds, name).filter(([, bytes]) => bytes > ours / 100);
    return ours > old / 2
      ? [`- **${name}**: ${large.map(([one, bytes]) => `${one} ${kilo(bytes)}`).join(", ")}.`]
      : [];
  });
  return lines.join("\n");
}

function kilo(bytes: number): string {
  return (bytes / 1000).toFixed(0);
}

function sum(values: number[]): number {
  return values.reduce((one, other) => one + other, 0);
}

/** `cpu`, `wall`: an empty Lambda's, in ms. */
function page({
  figures,
  cpu,
  wall,
  above,
}: {
  figures: string;
  cpu: number;
  wall: number;
  above: string;
}): string {
  return `# How Lambdas start

Made by \`npm run bench:init\` on ${new Date().toISOString().slice(0, 10)}: node ${process.version}, medians of ${RUNS} starts in turns. Write nothing here by hand.

Each Lambda of a stack with OpenAI and Anthropic starts in AWS's own runtime client (\`aws-lambda-ric\` 3.3.0), with a local server in the
place of Lambda's. Its init lasts from the start of the process until it asks for its first invocation. Beside it is the build of the
first week (commit ${COMMIT}), which had these two providers alone, and neither tables, schemas nor reports. Wall times are those of a machine
that others may share. Aims: at most half of both.

${figures}
An empty Lambda takes ${cpu.toFixed(0)} ms of CPU and ${wall.toFixed(0)} ms in all: node and the client, the floor of each init.

"New" are packages and packed values that the Lambda had none of in the first week. They came with what it does since: tables, schemas,
token counts, reports, tenants. "Ratio without" is the rest beside the old bundle. These Lambdas have more than half of the old bundle's
bytes, with what is new in them (kB), all of which is read when it is needed and not at a start:

${above}
`;
}
