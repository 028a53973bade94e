/** Whether a data folder is free, and whether somebody runs the jobs that are queued in it. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { folderHolder } from "../../local/folder-lock.ts";
import { findHost } from "../../local/host/host-file.ts";
import { engineFolder, folderOf, type Place } from "../../local/host/place.ts";
import { queuedExecutions } from "../../local/host/queue.ts";
import { typedOptions } from "../backend/open-backend.ts";
import { number } from "../output/numbers.ts";
import type { Check } from "./check.ts";

/** Checks the folders of real jobs and of the built-in sandbox's, where there are any. */
export async function* folderChecks(dataDir: string): AsyncGenerator<Check> {
  for (const sandbox of [undefined, {}]) {
    const place: Place = { dataDir: resolve(dataDir), sandbox };
    if (!existsSync(folderOf(place))) continue;
    const options = typedOptions({ dataDir, sandbox: sandbox !== undefined });
    yield { name: sandbox ? "sandbox jobs" : "jobs", ...(await jobsOf(place, options)) };
  }
}

async function jobsOf(place: Place, options: string): Promise<Omit<Check, "name">> {
  const queued = queuedExecutions(folderOf(place));
  const jobs = `${number(queued.length)} unfinished`;
  const host = await findHost(folderOf(place));
  if (host) return { outcome: "ok", what: `${jobs}; process ${host.pid} runs them` };
  const holder = folderHolder(engineFolder(place));
  if (holder !== null) {
    return {
      outcome: "warning",
      what: `${jobs}; process ${holder} has the folder, and does not answer`,
      mend: `Look again in a minute. If process ${holder} is no nightshift, delete ${engineFolder(place)}/pid.`,
    };
  }
  const [first] = queued;
  if (!first) return { outcome: "ok", what: jobs };
  const mend = `nightshift watch ${first.job_id}${options} goes on with all of them.`;
  return { outcome: "warning", what: `${jobs}, and no process runs them`, mend };
}
