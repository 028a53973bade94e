/** Where jobs of this machine are: one folder for each origin of answers. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { ProviderName } from "../../shared/models.ts";
import { readPrivate, writePrivate } from "../private-file.ts";
import type { SandboxUse } from "../sandbox-run.ts";
import { engineFolderOf } from "./host-file.ts";

/** See `Place`. */
export const ProviderAddress = z.object({ provider: ProviderName, url: z.string() });
/** An address of a provider's API that is not the provider's own. */
export type ProviderAddress = z.infer<typeof ProviderAddress>;

/** A folder of state and who answers in it. */
export interface Place {
  /** `.nightshift`, as an absolute path. */
  dataDir: string;
  /** Given: the sandbox answers. */
  sandbox: SandboxUse | undefined;
  /** Given: the provider is called at another address than its own. */
  address?: ProviderAddress | undefined;
}

/** The folder of a place that one process has at a time. An answer of one origin is never taken for another's. */
export function folderOf({ dataDir, sandbox, address }: Place): string {
  if (sandbox?.upstream) return join(dataDir, "sandbox", `upstream-${shortHash(sandbox.upstream)}`);
  if (sandbox) return join(dataDir, "sandbox", "built-in");
  return join(dataDir, address ? `live-${shortHash(`${address.provider} ${address.url}`)}` : "live");
}

const shortHash = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 8);

/** Where the engine's own data are inside such a folder. */
export const engineFolder = (place: Place) => engineFolderOf(folderOf(place));

/**
 * Who answers in a place, in one text: `sandbox`, or the URL of the upstream server or of the provider. Undefined for
 * a provider at its own address.
 */
export function originOf({ sandbox, address }: Pick<Place, "sandbox" | "address">): string | undefined {
  return sandbox ? (sandbox.upstream ?? "sandbox") : address?.url;
}

const Origin = z.object({ upstream: z.string().optional(), address: ProviderAddress.optional() });
const originFile = (folder: string) => join(folder, "origin.json");

/** Writes down who answers in a place: its folder's name does not say it. */
export function rememberOrigin(place: Place): void {
  const file = originFile(folderOf(place));
  if (existsSync(file)) return;
  writePrivate(file, { upstream: place.sandbox?.upstream, address: place.address });
}

/** The places of a data folder in which jobs were run, the providers' own addresses first. */
export function placesIn(dataDir: string): Place[] {
  const live = subfolders(dataDir).filter((folder) => /live(-\w+)?$/.test(folder));
  const found = [...live, ...subfolders(join(dataDir, "sandbox"))].map((folder) => {
    const { upstream, address } = readPrivate(originFile(folder), Origin) ?? {};
    const sandbox = live.includes(folder)
      ? undefined
      : { upstream, upstreamKey: process.env.UPSTREAM_API_KEY };
    return { folder, place: { dataDir, sandbox, address } };
  });
  return found
    .filter(({ folder, place }) => folderOf(place) === folder && existsSync(engineFolder(place)))
    .map(({ place }) => place);
}

function subfolders(dir: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir)
    .sort()
    .map((name) => join(dir, name));
}
