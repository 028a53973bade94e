/** Whether a data folder is free, and whether somebody runs the jobs that are queued in it. */
import { resolve } from "node:path";
import { folderHolder } from "../../local/folder-lock.ts";
import { findHost } from "../../local/host/host-file.ts";
import { engineFolder, folderOf, originOf, type Place, placesIn } from "../../local/host/place.ts";
import { queuedExecutions } from "../../local/host/queue.ts";
import { typedOptions } from "../backend/open-backend.ts";
import { number } from "../output/numbers.ts";
import type { Check } from "./check.ts";

/** Checks the folder of each origin that jobs were run in. */
export async function* folderChecks(dataDir: string): AsyncGenerator<Check> {
  for (const place of placesIn(resolve(dataDir))) {
    const origin = originOf(place);
    const { what, ...found } = await jobsOf(place, typedOptions({ dataDir }));
    yield {
      name: place.sandbox ? "sandbox jobs" : "jobs",
      what: origin && origin !== "sandbox" ? `${what} (${origin})` : what,
      ...found,
    };
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
      fix: `Run doctor again in a minute. If process ${holder} is no nightshift, delete ${engineFolder(place)}/pid.`,
    };
  }
  const [first] = queued;
  if (!first) return { outcome: "ok", what: jobs };
  const fix = `nightshift watch ${first.job_id}${options} resumes all of them.`;
  return { outcome: "warning", what: `${jobs}, and no process runs them`, fix };
}
