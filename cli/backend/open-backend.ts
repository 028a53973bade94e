/** From the options of a command to the backend that they mean. */
import { resolve } from "node:path";
import { DATA_DIR, type PlaceFlags } from "../options.ts";
import type { Backend, BackendUse } from "./backend.ts";

/**
 * Opens a backend. What it needs, from CDK to the AWS SDK, is loaded now: it takes a second.
 * @throws NothingThereError when it is to be read, and no job was ever run there
 */
export async function openBackend(flags: PlaceFlags, use: BackendUse): Promise<Backend> {
  const { stack, sandbox, upstream, dataDir } = flags;
  if (stack !== undefined) {
    const { openStack } = await import("./stack-backend.ts");
    return openStack(stack);
  }
  const { openLocal } = await import("./local-backend.ts");
  const answering = sandbox ? { upstream, upstreamKey: process.env.UPSTREAM_API_KEY } : undefined;
  return openLocal({ dataDir: resolve(dataDir), sandbox: answering }, use, typedOptions(flags));
}

/** The options that are not what they are by themselves, as they stand on a command line. */
export function typedOptions({ dataDir, sandbox, upstream }: PlaceFlags): string {
  const options = [
    ...(dataDir === DATA_DIR ? [] : ["--data-dir", quoted(dataDir)]),
    ...(sandbox ? ["--sandbox"] : []),
    ...(upstream === undefined ? [] : ["--upstream", quoted(upstream)]),
  ];
  return options.map((option) => ` ${option}`).join("");
}

function quoted(text: string): string {
  return /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
