/** From the options of a command to the backend that they mean. */
import { resolve } from "node:path";
import { type Place, placesIn } from "../../local/host/place.ts";
import { addressOf } from "../../local/host/provider-access.ts";
import { DATA_DIR, type PlaceFlags } from "../options.ts";
import type { Backend, BackendUse } from "./backend.ts";

/** Opens the backend in which a job is to start. What it needs, from CDK to the AWS SDK, is loaded now: it takes a second. */
export async function openBackend(
  flags: PlaceFlags,
  use: BackendUse & { provider: string },
): Promise<Backend> {
  const { stack, sandbox, upstream, dataDir } = flags;
  if (stack !== undefined) return openStackBackend(stack, dataDir);
  const answering = sandbox ? { upstream, upstreamKey: process.env.UPSTREAM_API_KEY } : undefined;
  const address = answering ? undefined : addressOf(use.provider);
  const place = { dataDir: resolve(dataDir), sandbox: answering, address };
  return openPlace(place, use, flags);
}

export async function openStackBackend(stack: string, dataDir = DATA_DIR): Promise<Backend> {
  const { openStack } = await import("./stack-backend.ts");
  return openStack(stack, dataDir);
}

/**
 * Opens a place of this machine.
 * @throws NothingThereError when it is to be read, and no job was ever run there
 */
export async function openPlace(
  place: Place,
  use: BackendUse,
  flags: Pick<PlaceFlags, "dataDir">,
): Promise<Backend> {
  const { openLocal } = await import("./local-backend.ts");
  return openLocal(place, use, typedOptions(flags));
}

/** The places of this machine that the options mean: all in a data folder, or that of `--sandbox` and its `--upstream`. */
export function wantedPlaces({ dataDir, sandbox, upstream }: PlaceFlags): Place[] {
  const places = placesIn(resolve(dataDir));
  return sandbox ? places.filter((place) => place.sandbox && place.sandbox.upstream === upstream) : places;
}

/** The options that lead to a job again: its id is found in all places of the data folder. */
export function typedOptions({ dataDir }: Pick<PlaceFlags, "dataDir">): string {
  return dataDir === DATA_DIR ? "" : ` --data-dir ${quoted(dataDir)}`;
}

/** A text as one word of a shell's command. */
export function quoted(text: string): string {
  return /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
