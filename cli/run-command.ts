/** `nightshift run`. */
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { OUTPUT_NAMES } from "../local/outputs.ts";
import { EXIT, UsageError } from "./exit-codes.ts";
import { ARRAY_HINT, isJsonArray } from "./input-hint.ts";
import { onInterrupt } from "./interrupt.ts";
import { type JobFlags, jobSettings } from "./job-settings.ts";
import { HumanOutput } from "./output/human-output.ts";
import { JsonOutput } from "./output/json-output.ts";
import type { Output } from "./output/output.ts";

/** The flags of `nightshift run`, as commander gives them. */
export interface RunFlags extends JobFlags {
  out?: string;
  dataDir: string;
  sandbox?: boolean;
  upstream?: string;
  json?: boolean;
}

/**
 * Runs a file to its end and tells of it. @returns the exit code
 * @throws UsageError before anything was started
 */
export async function runCommand(file: string, flags: RunFlags): Promise<number> {
  if (flags.upstream !== undefined && !flags.sandbox) throw new UsageError("--upstream needs --sandbox");
  await checkFile(file, flags.out);
  const { settings, provider, model } = await jobSettings(file, flags);
  const sandbox = flags.sandbox
    ? { upstream: flags.upstream, upstreamKey: process.env.UPSTREAM_API_KEY }
    : undefined;
  const output: Output = flags.json ? new JsonOutput() : new HumanOutput();
  const release = onInterrupt(output, sandbox !== undefined);
  try {
    output.begin({ file, provider, model, sandbox });
    // Loaded when it is needed: with the engine come CDK and the AWS SDK, which take a second.
    const { runFile } = await import("../local/run-file.ts");
    const run = await runFile({
      file,
      settings,
      dataDir: flags.dataDir,
      sandbox,
      outDir: flags.out,
      onEvent: (event) => output.event(event),
    });
    await output.end(run);
    if (run.summary.status === "failed") {
      if (!run.files && (await isJsonArray(file))) console.error(ARRAY_HINT);
      return EXIT.error;
    }
    const { succeeded = 0 } = run.summary.counts ?? {};
    return succeeded === run.summary.request_count ? EXIT.ok : EXIT.failedItems;
  } catch (error) {
    output.fail(error);
    return EXIT.error;
  } finally {
    release();
  }
}

async function checkFile(file: string, out: string | undefined): Promise<void> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(
      error.code === "ENOENT" ? `there is no file ${file}` : `${file} cannot be read: ${error.message}`,
    );
  });
  if (found.isDirectory()) throw new UsageError(`${file} is a directory; give a JSONL file`);
  if (!found.isFile())
    throw new UsageError(`${file} is not a regular file; its content must be there to be read again`);
  const overwritten = Object.values(OUTPUT_NAMES).map((name) => resolve(join(out ?? "", name)));
  if (out !== undefined && overwritten.includes(resolve(file))) {
    throw new UsageError(
      `${file} would be overwritten, with the results beside it; give another folder with --out`,
    );
  }
}
