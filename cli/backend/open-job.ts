/** From a job's id, or its beginning, to the backend that has the job. */
import { resolve } from "node:path";
import { folderOf, type Place } from "../../local/host/place.ts";
import { queuedExecutions } from "../../local/host/queue.ts";
import type { JobRecord } from "../../shared/records/job-record.ts";
import { type FoundJobs, findJob, lookUp, onlyOne } from "../job/find-job.ts";
import type { PlaceFlags } from "../options.ts";
import { type Backend, type BackendUse, NothingThereError } from "./backend.ts";
import { openPlace, openStackBackend, wantedPlaces } from "./open-backend.ts";

export interface OpenedJob {
  backend: Backend;
  job: JobRecord;
}

/**
 * Opens the backend that has a job. `kind`: to read it, or also to make sure that a process runs it.
 * @throws UsageError when no job is meant, or several
 */
export async function openJob(
  flags: PlaceFlags,
  id: string,
  kind: "read" | "tend",
): Promise<OpenedJob & AsyncDisposable> {
  const backend = await openBackendOf(flags, id, kind === "read" ? { kind } : { kind, job: id });
  try {
    return { backend, job: await findJob(id), [Symbol.asyncDispose]: () => backend.close() };
  } catch (error) {
    await backend.close();
    throw error;
  }
}

/** Calls `read` with each backend that the options mean, one after the other: each has the process to itself. */
export async function readEach<T>(flags: PlaceFlags, read: (backend: Backend) => Promise<T[]>): Promise<T[]> {
  const places = flags.stack === undefined ? wantedPlaces(flags) : [flags.stack];
  const all: T[] = [];
  for (const place of places) {
    await using backend =
      typeof place === "string"
        ? await openStackBackend(place, flags.dataDir)
        : await openPlace(place, { kind: "read" }, flags);
    all.push(...(await read(backend)));
  }
  return all;
}

async function openBackendOf(flags: PlaceFlags, id: string, use: BackendUse): Promise<Backend> {
  if (flags.stack !== undefined) return openStackBackend(flags.stack, flags.dataDir);
  const places = wantedPlaces(flags);
  const place = places.length > 1 ? await placeOf(id, places, flags) : places[0];
  if (!place) throw new NothingThereError(`no job was ever run in ${resolve(flags.dataDir)}`);
  return openPlace(place, use, flags);
}

/** The place that has a job. An execution that is queued may have no record yet. */
async function placeOf(id: string, places: Place[], flags: PlaceFlags): Promise<Place | undefined> {
  const queued = places.find((place) =>
    queuedExecutions(folderOf(place)).some(({ job_id }) => job_id === id),
  );
  if (queued) return queued;
  const found: (FoundJobs & { place: Place })[] = [];
  for (const place of places) {
    await using _ = await openPlace(place, { kind: "read" }, flags);
    found.push({ place, ...(await lookUp(id)) });
  }
  const job = onlyOne(id, {
    meant: found.flatMap(({ meant }) => meant),
    known: found.flatMap(({ known }) => known),
  });
  return found.find(({ meant }) => meant.includes(job))?.place;
}
