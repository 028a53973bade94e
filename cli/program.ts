/** The command's arguments and its help. */
import { Command, Option } from "commander";
import packageJson from "../package.json" with { type: "json" };
import { Endpoint, JobSpec, ProviderName } from "../shared/models.ts";
import { jsonObject, setting, url } from "./arguments.ts";
import type { RunFlags } from "./run-command.ts";

const AFTER_HELP = `
Settings of the job may also stand in the file's first line, {"job": {"provider": "openai", "model": "gpt-4.1-mini"}};
flags are stronger.

Keys: OPENAI_API_KEY or ANTHROPIC_API_KEY, that of the provider in use. OPENAI_BASE_URL and ANTHROPIC_BASE_URL lead to
another address. UPSTREAM_API_KEY is sent to the server of --upstream.

Outputs: results.jsonl has one result for each line, in the order of the input; failed.jsonl has the input lines that
got no answer, ready to be run again; summary.json has counts, tokens and times.

Running the same command again goes on with the same job: with batches that are at the provider already, and without
sending anything twice. A finished job gives its results again.

Exit codes:
  0    every item succeeded
  1    the job could not be run, or not to its end
  2    the command line is wrong, or a key is missing; nothing was started
  3    the job ended, with failed items
  130  interrupted (Ctrl-C); batches at the provider go on

Examples:
  $ nightshift run data.jsonl --provider openai --model gpt-4.1-mini --out out/
  $ nightshift run data.jsonl --provider anthropic --model claude-haiku-4-5 --system "Answer in French." --max-tokens 500
  $ nightshift run data.jsonl --provider openai --model gpt-4.1-mini --sandbox
  $ nightshift run data.jsonl --provider openai --model gpt-4.1-mini --sandbox --upstream http://127.0.0.1:11434/v1
  $ nightshift run out/failed.jsonl --provider openai --model gpt-4.1 --out out-2/`;

/** The command; `onEnd` is told the exit code of a run. */
export function program(onEnd: (code: number) => void): Command {
  const command = new Command("nightshift")
    .description("LLM batch jobs: a JSONL file in, every line answered, once, in order.")
    .version(packageJson.version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand(false)
    .exitOverride();
  const run = command
    .command("run")
    .description("Run a JSONL file as a batch job, from this machine.")
    .argument("<file>", "JSONL file, plain or gzip: one item a line")
    .exitOverride()
    .showHelpAfterError("(nightshift run --help tells more)")
    .configureHelp({ helpWidth: 118 })
    .addHelpText("after", AFTER_HELP);
  run.optionsGroup("What to run:");
  run
    .addOption(new Option("-p, --provider <name>", "who answers").choices(ProviderName.options))
    .option("-m, --model <name>", "the provider's name of the model", setting(JobSpec.shape.model))
    .option("-s, --system <text>", "system prompt of every item that has none of its own")
    .addOption(new Option("--endpoint <path>", "OpenAI only").choices(Endpoint.options))
    .option(
      "--temperature <number>",
      "for items that set none: 0 to 2, Anthropic 0 to 1",
      number("temperature"),
    )
    .option(
      "--max-tokens <number>",
      "most tokens of an answer, for items that set none",
      number("max_tokens"),
    )
    .option("--extra <json>", "merged into every request's body; null removes a key", jsonObject);
  run.optionsGroup("How to run it:");
  run
    .option(
      "--min-poll-seconds <number>",
      "shortest wait between two looks at a batch",
      spec("min_poll_seconds"),
    )
    .option("--max-rounds <number>", "tries of an item that may succeed next time", spec("max_rounds"))
    .option(
      "--max-concurrent-batches <number>",
      "batches at the provider at once",
      spec("max_concurrent_batches"),
    )
    .option("--deadline-hours <number>", "cancel what still runs after so many hours", spec("deadline_hours"))
    .addOption(
      new Option(
        "--on-invalid <what>",
        "an invalid line becomes an error result, or fails the job before it starts",
      ).choices(JobSpec.shape.on_invalid.unwrap().options),
    );
  run.optionsGroup("Where:");
  run
    .option("-o, --out <dir>", "folder of the outputs (default: out/<job_id>)")
    .option("--data-dir <dir>", "folder of all state; must be kept until a job has ended", ".nightshift")
    .option("--sandbox", "the built-in sandbox answers: no key, no network, made-up answers")
    .option("--upstream <url>", "with --sandbox: an OpenAI-compatible server answers", url)
    .option("--json", "print JSON lines instead of text: events, then the summary");
  run.action(async (file: string, flags: RunFlags) => {
    const { runCommand } = await import("./run-command.ts");
    onEnd(await runCommand(file, flags));
  });
  return command;
}

function spec(name: "min_poll_seconds" | "max_rounds" | "max_concurrent_batches" | "deadline_hours") {
  return setting(JobSpec.shape[name], Number);
}

function number(name: "temperature" | "max_tokens") {
  return setting(JobSpec.shape.defaults.unwrap().shape[name], Number);
}
