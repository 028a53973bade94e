/** What a job needs of this machine. */
import { constants } from "node:fs";
import { access, stat, statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { startSandbox } from "../../local/sandbox/sandbox.ts";
import { messageOf } from "../../shared/errors.ts";
import type { Check } from "./check.ts";
import { folderChecks } from "./folder-checks.ts";

const GIB = 1024 ** 3;
/** A job keeps its input, its requests, every round's rows and the results: several times its input. */
const [TIGHT_DISK, FULL_DISK] = [5 * GIB, 0.1 * GIB];

/** Checks Node, the data folder with its jobs, the disk and the sandbox. */
export async function* machineChecks(dataDir: string): AsyncGenerator<Check> {
  yield nodeCheck(process.versions.node);
  const folder = await folderCheck(dataDir);
  yield folder;
  if (folder.outcome !== "wrong") {
    yield await diskCheck(dataDir);
    yield* folderChecks(dataDir);
  }
  yield await sandboxCheck();
}

/** The major version of Node that the project is tested with most: a clone brings it. */
export const TESTED_NODE = 24;

/** A clone brings the Node that it is tested with; the package takes what there is. */
export function nodeCheck(version: string): Check {
  const name = "Node.js";
  if (Number.parseInt(version, 10) >= TESTED_NODE) return { name, outcome: "ok", what: version };
  return {
    name,
    outcome: "warning",
    what: `${version}, older than the ${TESTED_NODE} that Nightshift is tested with`,
    fix: `Install Node ${TESTED_NODE}; in a clone, run the command with npx or from an npm script.`,
  };
}

async function folderCheck(dataDir: string): Promise<Check> {
  const name = "data folder";
  const fix = "Give another folder with --data-dir, or change its permissions.";
  try {
    const folder = await existingFolder(dataDir);
    if (!(await stat(folder)).isDirectory())
      return { name, outcome: "wrong", what: `${folder} is no folder`, fix };
    await access(folder, constants.W_OK | constants.X_OK);
    const what = folder === resolve(dataDir) ? dataDir : `${dataDir} can be made`;
    return { name, outcome: "ok", what };
  } catch (error) {
    return { name, outcome: "wrong", what: `${dataDir} cannot be written: ${messageOf(error)}`, fix };
  }
}

/** The data folder, or what it would be made in. */
async function existingFolder(dataDir: string): Promise<string> {
  let folder = resolve(dataDir);
  for (;;) {
    try {
      await stat(folder);
      return folder;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if ((code !== "ENOENT" && code !== "ENOTDIR") || folder === dirname(folder)) throw error;
      folder = dirname(folder);
    }
  }
}

async function diskCheck(dataDir: string): Promise<Check> {
  const { bavail, bsize } = await statfs(await existingFolder(dataDir));
  const free = bavail * bsize;
  const found = { name: "disk", what: `${(free / GIB).toFixed(1)} GiB free` };
  if (free >= TIGHT_DISK) return { ...found, outcome: "ok" };
  const fix =
    "Make room, or give a folder on another disk with --data-dir: a job needs several times its input.";
  return { ...found, outcome: free < FULL_DISK ? "wrong" : "warning", fix };
}

/** Milliseconds that a server of this machine gets to answer. */
const PATIENCE = 10_000;

/** Loopback is where the engine's servers are too: a proxy or a firewall that stands in the way shows here. */
async function sandboxCheck(): Promise<Check> {
  const name = "sandbox";
  try {
    const sandbox = await startSandbox();
    try {
      const headers = { authorization: "Bearer any", "anthropic-version": "2023-06-01" };
      for (const url of [
        `${sandbox.openaiBaseUrl}/batches`,
        `${sandbox.anthropicBaseUrl}/v1/messages/batches`,
      ]) {
        const { ok, status } = await fetch(url, { headers, signal: AbortSignal.timeout(PATIENCE) });
        if (!ok) throw new Error(`it answered ${status}`);
      }
    } finally {
      await sandbox.close();
    }
    return { name, outcome: "ok", what: "answers on 127.0.0.1" };
  } catch (error) {
    const fix = "Check for a firewall or a proxy (NODE_USE_ENV_PROXY) that takes connections to 127.0.0.1.";
    return { name, outcome: "wrong", what: `does not answer on 127.0.0.1: ${messageOf(error)}`, fix };
  }
}
