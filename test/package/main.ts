/**
 * `npm run test:package`: packs the project, installs the tarball into empty projects, and uses it as its users do, with the oldest
 * Nodes that can, and 24. Needs a registry. Prints one line for each check; the exit code is 1 when one failed.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { run } from "./run.ts";

const ROOT = join(import.meta.dirname, "../..");
/** The oldest that can use the construct, the oldest that can run the command, and the clone's own. */
const NODES = {
  20: packageJson.engines.node.replace(">=", "").concat(".0"),
  22: "22.15.0",
  24: packageJson.devDependencies.node,
} as const;
/** The peers that are supported: the least that package.json allows, and what the project itself is built with. */
const PEERS = {
  oldest: { "aws-cdk-lib": least("aws-cdk-lib"), constructs: least("constructs") },
  newest: {
    "aws-cdk-lib": packageJson.devDependencies["aws-cdk-lib"],
    constructs: packageJson.devDependencies.constructs,
  },
};
const ITEMS = 25;

function least(peer: keyof typeof packageJson.peerDependencies): string {
  return packageJson.peerDependencies[peer].replace("^", "");
}

const work = mkdtempSync(join(tmpdir(), "nightshift-package-"));
let failed = 0;

async function check(name: string, body: () => Promise<string | undefined>): Promise<void> {
  const startedAt = performance.now();
  try {
    const said = await body();
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(`✓ ${name}${said ? `: ${said}` : ""} (${seconds} s)`);
  } catch (error) {
    failed++;
    console.log(`✗ ${name}\n${error instanceof Error ? error.message : error}`);
  }
}

function expect(holds: boolean, message: string): void {
  if (!holds) throw new Error(message);
}

/** An empty project with the tarball in it. */
async function project(name: string, dependencies: Record<string, string>): Promise<string> {
  const dir = join(work, name);
  mkdirSync(dir);
  cpSync(join(import.meta.dirname, "app"), dir, { recursive: true });
  writeFileSync(
    join(dir, "package.json"),
    JSON.stringify({ name, private: true, type: "module", dependencies }),
  );
  await run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline"], dir);
  return dir;
}

async function installNode(version: string): Promise<string> {
  const dir = join(work, `node-${version}`);
  mkdirSync(dir);
  writeFileSync(
    join(dir, "package.json"),
    JSON.stringify({ private: true, dependencies: { node: version }, allowScripts: { node: true } }),
  );
  await run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline"], dir);
  const binary = join(dir, "node_modules/node/bin/node");
  expect(
    (await run(binary, ["--version"], dir)).stdout.trim() === `v${version}`,
    `${binary} is no Node ${version}`,
  );
  return binary;
}

function template(dir: string): {
  Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>;
} {
  return JSON.parse(readFileSync(join(dir, "cdk.out/App.template.json"), "utf8"));
}

/** Synthesizes from nothing. */
async function synth(program: string, args: string[], dir: string): Promise<string> {
  rmSync(join(dir, "cdk.out"), { recursive: true, force: true });
  await run(program, args, dir, { CDK_OUTDIR: join(dir, "cdk.out") });
  const all = Object.values(template(dir).Resources);
  const machines = all.filter(({ Type }) => Type === "AWS::StepFunctions::StateMachine");
  const code = readdirSync(join(dir, "cdk.out")).filter((name) =>
    existsSync(join(dir, "cdk.out", name, "index.mjs")),
  );
  expect(machines.length === 1, `${machines.length} state machines`);
  expect(code.length >= 8, `${code.length} bundles of Lambdas`);
  return `${all.length} resources, ${code.length} bundles`;
}

let tarball = "";
await check("npm pack", async () => {
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", work], ROOT);
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf("["))) as [
    { filename: string; size: number; files: { path: string }[] },
  ];
  tarball = `file:${join(work, packed.filename)}`;
  const stray = packed.files.filter(
    ({ path }) =>
      !/^(dist\/|bin\/[^/]+\.js$|[^/]+\.md$|LICENSE$|package\.json$)/.test(path) ||
      /\.test\.|(^|\/)(test|bench)\//.test(path),
  );
  expect(stray.length === 0, `the tarball holds ${stray.map(({ path }) => path).join(", ")}`);
  return `${packed.files.length} files, ${(packed.size / 1e6).toFixed(1)} MB`;
});

if (failed > 0) process.exit(1);

const nodes: Record<string, string> = {};
for (const [major, version] of Object.entries(NODES))
  await check(`Node ${version} is here`, async () => {
    nodes[major] = await installNode(version);
    return undefined;
  });

let dir = "";
await check("npm install with the newest peers", async () => {
  dir = await project("newest", { nightshift: tarball, ...PEERS.newest });
  expect(!existsSync(join(dir, "node_modules/esbuild")), "esbuild was installed");
  expect(!existsSync(join(dir, "node_modules/node")), "the npm package node was installed");
  return undefined;
});
writeFileSync(
  join(dir, "data.jsonl"),
  Array.from(
    { length: ITEMS },
    (_, i) => `${JSON.stringify({ custom_id: `item ${i}`, user_message: `Count to ${i}.` })}\n`,
  ).join(""),
);

for (const [major, node] of Object.entries(nodes))
  await check(`Node ${major}: synth by plain node`, () => synth(node, ["app.mjs"], dir));

const command = (node: string, ...args: string[]) =>
  run(node, ["node_modules/nightshift/bin/nightshift.js", ...args], dir);
await check("Node 20: the command says what it needs", async () => {
  const { code, stderr } = await run(
    nodes[20] ?? "",
    ["node_modules/nightshift/bin/nightshift.js", "list"],
    dir,
    {},
    true,
  );
  expect(
    code === 2 && /this is Node v20.*needs Node 22\.15, 23\.8 or newer/.test(stderr),
    `code ${code}: ${stderr}`,
  );
  return stderr.trim();
});
await check("Node 20: the client says what it needs", async () => {
  const { code, stderr } = await run(nodes[20] ?? "", ["client.mjs", "client-20"], dir, {}, true);
  const said = /this is Node v20.*nightshift\/client needs Node 22\.15, 23\.8 or newer/.exec(stderr)?.[0];
  expect(code === 1 && said !== undefined, `code ${code}: ${stderr}`);
  return said;
});
for (const major of ["22", "24"]) {
  const node = nodes[major] ?? "";
  await check(`Node ${major}: nightshift --version`, async () => {
    const { stdout } = await command(node, "--version");
    expect(stdout.trim() === packageJson.version, stdout);
    return stdout.trim();
  });
  await check(`Node ${major}: nightshift run in the sandbox`, async () => {
    const folder = ["--data-dir", `state-${major}`];
    await command(
      node,
      "run",
      "data.jsonl",
      "--provider",
      "openai",
      "--model",
      "gpt-4.1-mini",
      "--sandbox",
      "--out",
      `out-${major}`,
      ...folder,
    );
    const rows = readFileSync(join(dir, `out-${major}/results.jsonl`), "utf8")
      .trimEnd()
      .split("\n");
    expect(rows.length === ITEMS, `${rows.length} results`);
    return `${rows.length} results`;
  });
  await check(`Node ${major}: submit, wait and results by nightshift/client`, async () => {
    const { stdout } = await run(node, ["client.mjs", `client-${major}`], dir);
    const said = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    expect(said.results === ITEMS && said.succeeded === ITEMS, stdout);
    return stdout.trim();
  });
  await check(`Node ${major}: require from CommonJS`, async () => {
    const { stdout } = await run(node, ["require.cjs"], dir);
    expect(stdout.trim() === "function object function", stdout);
    return undefined;
  });
}

for (const [name, typescript] of Object.entries({
  newest: packageJson.devDependencies.typescript,
  "5": "5.9.3",
}))
  await check(`tsc ${typescript}, strict, with the libraries' own types checked`, async () => {
    const here = join(dir, `tsc-${name}`);
    mkdirSync(here);
    writeFileSync(
      join(here, "package.json"),
      JSON.stringify({ private: true, dependencies: { typescript } }),
    );
    await run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline"], here);
    await run(
      "npm",
      [
        "install",
        "--no-audit",
        "--no-fund",
        "--prefer-offline",
        "--no-save",
        `@types/node@${packageJson.devDependencies["@types/node"]}`,
      ],
      dir,
    );
    await run(nodes[24] ?? "", [join(here, "node_modules/typescript/bin/tsc"), "-p", "."], dir);
    return undefined;
  });
await check("synth by tsx", async () => {
  await run(
    "npm",
    ["install", "--no-audit", "--no-fund", "--prefer-offline", "--no-save", "tsx@4.23.15"],
    dir,
  );
  return synth(nodes[24] ?? "", ["node_modules/tsx/dist/cli.mjs", "app.ts"], dir);
});
await check(
  `the oldest peers: aws-cdk-lib ${PEERS.oldest["aws-cdk-lib"]}, constructs ${PEERS.oldest.constructs}`,
  async () => {
    const old = await project("oldest", { nightshift: tarball, ...PEERS.oldest });
    return synth(nodes[22] ?? "", ["app.mjs"], old);
  },
);

rmSync(work, { recursive: true, force: true });
console.log(failed === 0 ? "the package works" : `${failed} checks failed`);
process.exit(failed === 0 ? 0 : 1);
