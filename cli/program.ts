/** The program: its name, and its commands, each of which is a file of `commands/`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { ROOT } from "../shared/package-root.ts";
import type { DeclareCommand } from "./command.ts";
import { asTyped, safeText } from "./output/safe-text.ts";

/** A command, whose file is loaded when it is chosen: with it come the AWS SDK and the engine. */
interface CommandFile {
  name: string;
  what: string;
  load: () => Promise<DeclareCommand>;
}

/** In the order of the help. */
const COMMANDS: readonly CommandFile[] = [
  {
    name: "run",
    what: "Run a table or a JSONL file as a batch job, to its results.",
    load: async () => (await import("./commands/run.ts")).declareRun,
  },
  {
    name: "submit",
    what: "Start a job and return; it runs on by itself.",
    load: async () => (await import("./commands/submit.ts")).declareSubmit,
  },
  {
    name: "list",
    what: "List jobs, the newest first.",
    load: async () => (await import("./commands/list.ts")).declareList,
  },
  {
    name: "status",
    what: "Show how a job stands: what it waits for, and what comes next.",
    load: async () => (await import("./commands/status.ts")).declareStatus,
  },
  {
    name: "watch",
    what: "Follow a job to its end.",
    load: async () => (await import("./commands/watch.ts")).declareWatch,
  },
  {
    name: "view",
    what: "Show jobs and their answers in a browser.",
    load: async () => (await import("./commands/view.ts")).declareView,
  },
  {
    name: "results",
    what: "Download the results of a job that has ended.",
    load: async () => (await import("./commands/results.ts")).declareResults,
  },
  {
    name: "retry",
    what: "Ask again what has no answer, and put the answers into their places.",
    load: async () => (await import("./commands/retry.ts")).declareRetry,
  },
  {
    name: "cancel",
    what: "Cancel a job and keep its existing answers.",
    load: async () => (await import("./commands/cancel.ts")).declareCancel,
  },
  {
    name: "quote",
    what: "Show what a file would cost as a job: items, batches, tokens, price.",
    load: async () => (await import("./commands/quote.ts")).declareQuote,
  },
  {
    name: "try",
    what: "Ask a few rows of a file in real time, and show what the whole job would cost.",
    load: async () => (await import("./commands/try.ts")).declareTry,
  },
  {
    name: "recipe",
    what: "Store settings in a stack under a name, which uploads give.",
    load: async () => (await import("./commands/recipe.ts")).declareRecipe,
  },
  {
    name: "webhooks",
    what: "Register a stack's address for OpenAI's webhooks.",
    load: async () => (await import("./commands/webhooks.ts")).declareWebhooks,
  },
  {
    name: "doctor",
    what: "Check this machine, or a deployed stack, and show how to fix what is wrong.",
    load: async () => (await import("./commands/doctor.ts")).declareDoctor,
  },
  {
    name: "sandbox",
    what: "Serve OpenAI's and Anthropic's batch APIs on this machine, to test your own code against.",
    load: async () => (await import("./commands/sandbox.ts")).declareSandbox,
  },
  {
    name: "completion",
    what: "Print what bash, zsh or fish needs to complete this command's words.",
    load: async () => {
      const { declareCompletion } = await import("./commands/completion.ts");
      return (bare, end) => declareCompletion(bare, end, everyCommand);
    },
  },
];

async function everyCommand(): Promise<Command[]> {
  const declared = COMMANDS.map(async ({ name, what, load }) => {
    const bare = new Command(name).description(what);
    (await load())(bare, () => undefined);
    return bare;
  });
  return Promise.all(declared);
}

/** Of the package: in a clone its package.json is the repository's. */
function version(): string {
  return JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).version;
}

/** The program with the one command that `args` choose; `onEnd` gets the exit code of the command that was run. */
export async function program(args: readonly string[], onEnd: (code: number) => void): Promise<Command> {
  const command = new Command("nightshift")
    .description("LLM batch jobs: a table or JSONL file in, every row answered, once, in order.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command]", "print a command's help")
    .showHelpAfterError("(--help shows more)")
    .configureOutput({
      writeOut: (text) => process.stdout.write(asTyped(text)),
      writeErr: (text) => process.stderr.write(safeText(text)),
    })
    .configureHelp({ helpWidth: 118 })
    // Inherited by the commands.
    .exitOverride();
  const [first, second] = args.filter((arg) => !arg.startsWith("-"));
  const chosen = first === "help" ? second : first;
  for (const { name, what, load } of COMMANDS) {
    const bare = command.command(name).description(what);
    if (name === chosen) (await load())(bare, onEnd);
  }
  return command;
}
