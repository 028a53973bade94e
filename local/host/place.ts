/** Where jobs of this machine are. */
import { join } from "node:path";
import { runFolder, type SandboxUse } from "../sandbox-run.ts";

/** A folder of state and who answers in it. */
export interface Place {
  /** `.nightshift`, as an absolute path. */
  dataDir: string;
  /** Given: the sandbox answers. */
  sandbox: SandboxUse | undefined;
}

/** The folder of a place that one process has at a time. */
export const folderOf = (place: Place) => runFolder(place.dataDir, place.sandbox);

/** Where the engine's own data are inside such a folder. */
export const engineFolder = (place: Place) => join(folderOf(place), "engine");
