/** AWS's own runtime client for Node (`aws-lambda-ric`), as in Lambda's image: it is built here, with a curl of its own. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PACKAGE = "aws-lambda-ric@3.3.0";
const TOOLS = ["autoconf", "automake", "libtoolize", "cmake", "g++", "make"];

/** The client's program, or why there is none. `BENCH_RIC` names a folder in which it was installed before. */
export function runtimeClient(): { program: string } | { missing: string } {
  const folder = process.env.BENCH_RIC ?? mkdtempSync(join(tmpdir(), "nightshift-ric-"));
  const program = join(folder, "node_modules/aws-lambda-ric/bin/index.mjs");
  if (existsSync(program)) return { program };
  const missing = TOOLS.filter((tool) => spawnSync("which", [tool]).status !== 0);
  if (missing.length > 0)
    return {
      missing: `to build ${PACKAGE} takes ${missing.join(", ")}, which this machine lacks: apt-get install autoconf automake libtool cmake g++ make`,
    };
  console.log(`Builds ${PACKAGE} in ${folder}, which takes some minutes …`);
  const install = ["install", PACKAGE, "--prefix", folder, "--no-audit", "--no-fund"];
  const { status, stderr } = spawnSync("npm", install, { encoding: "utf8" });
  if (status === 0 && existsSync(program)) return { program };
  return { missing: `${PACKAGE} could not be built: ${stderr.trim().split("\n").slice(-3).join(" ")}` };
}
