/** `nightshift run`: a file from its first item to its results, in this process. */
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { OUTPUT_NAMES } from "../../local/outputs.ts";
import { EXIT_CODES } from "../command.ts";
import { EXIT, UsageError } from "../exit-codes.ts";
import { checkFile } from "../input-file.ts";
import { ARRAY_HINT, isJsonArray } from "../input-hint.ts";
import { onInterrupt } from "../interrupt.ts";
import { type JobFlags, jobSettings } from "../job-settings.ts";
import { checkFolderFlags, type FolderFlags, folderOptions, jobOptions, jsonOption } from "../options.ts";
import { HumanOutput } from "../output/human-output.ts";
import { JsonOutput } from "../output/json-output.ts";
import type { Output } from "../output/output.ts";

interface RunFlags extends JobFlags, FolderFlags {
  out?: string;
  json?: boolean;
}

const AFTER_HELP = `
Settings of the job may also stand in the file's first line, {"job": {"provider": "openai", "model": "gpt-4.1-mini"}};
flags are stronger.

Keys: OPENAI_API_KEY or ANTHROPIC_API_KEY, that of the provider in use. OPENAI_BASE_URL and ANTHROPIC_BASE_URL lead to
another address. UPSTREAM_API_KEY is sent to the server of --upstream.

Outputs: results.jsonl has one result for each line, in the order of the input; failed.jsonl has the input lines that
got no answer, ready to be run again; summary.json has counts, tokens and times.

Running the same command again goes on with the same job: with batches that are at the provider already, and without
sending anything twice. A finished job gives its results again.
${EXIT_CODES}

Examples:
  $ nightshift run data.jsonl --provider openai --model gpt-4.1-mini --out out/
  $ nightshift run data.jsonl --provider anthropic --model claude-haiku-4-5 --system "Answer in French." --max-tokens 500
  $ nightshift run data.jsonl --provider openai --model gpt-4.1-mini --sandbox
  $ nightshift run data.jsonl --provider openai --model gpt-4.1-mini --sandbox --upstream http://127.0.0.1:11434/v1
  $ nightshift run out/failed.jsonl --provider openai --model gpt-4.1 --out out-2/`;

/** Adds `run` to the program. */
export function declareRun(program: Command, end: (code: number) => void): void {
  const run = program
    .command("run")
    .description("Run a JSONL file as a batch job, from this machine.")
    .argument("<file>", "JSONL file, plain or gzip: one item a line")
    .addHelpText("after", AFTER_HELP);
  jobOptions(run);
  run.optionsGroup("Where:");
  run.option("-o, --out <dir>", "folder of the outputs (default: out/<job_id>)");
  folderOptions(run);
  jsonOption(run, "JSON lines, events and then the summary,");
  run.action(async (file: string, flags: RunFlags) => end(await runJob(file, flags)));
}

async function runJob(file: string, flags: RunFlags): Promise<number> {
  checkFolderFlags(flags);
  await checkFile(file);
  checkOutputs(file, flags.out);
  const { settings, provider, model } = await jobSettings(file, flags);
  const sandbox = flags.sandbox
    ? { upstream: flags.upstream, upstreamKey: process.env.UPSTREAM_API_KEY }
    : undefined;
  const output: Output = flags.json ? new JsonOutput() : new HumanOutput();
  const release = onInterrupt(output, sandbox !== undefined);
  try {
    output.begin({ file, provider, model, sandbox });
    // Loaded when it is needed: with the engine come CDK and the AWS SDK, which take a second.
    const { runFile } = await import("../../local/run-file.ts");
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

/** @throws UsageError when an output would overwrite the input */
function checkOutputs(file: string, out: string | undefined): void {
  const overwritten = Object.values(OUTPUT_NAMES).map((name) => resolve(join(out ?? "", name)));
  if (out !== undefined && overwritten.includes(resolve(file))) {
    throw new UsageError(
      `${file} would be overwritten, with the results beside it; give another folder with --out`,
    );
  }
}
